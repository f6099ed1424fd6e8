//! A transaction whose statements are sent as one text, and one with a message for each statement. The store
//! does the latter.

use std::time::{Duration, Instant};

use sqlx::Connection as _;
use sqlx::mysql::MySqlConnection;
use tokio::task::{JoinSet, block_in_place};

use super::cluster;
use crate::database::{Database, execute};

const WRITING: Duration = Duration::from_secs(10);
/// The number of tasks on the other node.
const OTHERS: usize = 4;
const SETTINGS: &str = "set session wsrep_sync_wait = 7, wsrep_retry_autocommit = 0";
/// Adds one to the row that both nodes write.
const TO_SHARED: &str = "update counts set n = n + 1 where id = 0";
/// Adds one to the row that one node writes.
const TO_OWN: &str = "update counts set n = n + 1 where id = 1";
/// The number of times that a transaction adds to its own row.
const OWN: i64 = 6;

async fn connect(url: &str) -> MySqlConnection {
    let mut connection = MySqlConnection::connect(url).await.unwrap();
    execute(&mut connection, SETTINGS).await;
    connection
}

/// Adds to the shared row, alone.
async fn add(url: String, until: Instant) {
    let mut connection = connect(&url).await;
    while Instant::now() < until {
        // Only the conflicts matter here.
        let _ = sqlx::raw_sql(TO_SHARED).execute(&mut connection).await;
    }
}

/// Runs transactions whose messages are these, and returns the number of the acknowledged ones.
async fn run(url: String, messages: &[&'static str], until: Instant) -> i64 {
    let mut connection = connect(&url).await;
    let mut acknowledged = 0;
    while Instant::now() < until {
        let mut outcome = Ok(());
        for message in messages {
            if outcome.is_ok() {
                outcome = sqlx::raw_sql(*message).execute(&mut connection).await.map(|_| ());
            }
        }
        match outcome {
            Ok(()) => acknowledged += 1,
            Err(_) => execute(&mut connection, "rollback").await,
        }
    }
    acknowledged
}

/// Runs transactions on one node beside writes on another. Returns the number of those that were
/// acknowledged, and of updates that are kept though their transaction was refused.
async fn kept_though_refused(urls: &[String; 2], messages: &[&'static str]) -> [i64; 2] {
    let mut connection = connect(&urls[0]).await;
    execute(&mut connection, "replace into counts values (0, 0), (1, 0)").await;
    let until = Instant::now() + WRITING;
    let others: JoinSet<_> = (0..OTHERS).map(|_| add(urls[1].clone(), until)).collect();
    let acknowledged = run(urls[0].clone(), messages, until).await;
    others.join_all().await;
    let select = "select n from counts where id = 1";
    let kept: i64 = sqlx::query_scalar(select).fetch_one(&mut connection).await.unwrap();
    [acknowledged, kept - OWN * acknowledged]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts a cluster of three servers: `cargo xtask endure`"]
async fn a_refused_transaction_is_kept_in_part_if_it_was_sent_as_one_text() {
    let cluster = block_in_place(cluster).lock().await;
    let database = Database::at(cluster.url(0));
    database.sql("create table counts (id int primary key, n bigint not null)").await;
    let urls = [0, 1].map(|node| database.url_on(&cluster.url(node)));
    let own = [TO_OWN; OWN as usize];
    let messages = [&["start transaction", TO_SHARED][..], &own, &["commit"]].concat();
    let text: &'static str = messages.join("; ").leak();
    let of_text = kept_though_refused(&urls, &[text]).await;
    let of_messages = kept_though_refused(&urls, &messages).await;
    println!(
        "transactions acknowledged, updates kept though refused: one text {of_text:?}, messages {of_messages:?}"
    );
    assert!(of_text[1] > 0, "the test does not see what the messages prevent");
    assert_eq!(of_messages[1], 0);
}
