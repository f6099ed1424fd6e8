//! The number of commands that each call sends, as the README says.

use std::time::Duration;

use session_core::store::{SessionStore as _, TouchPatience};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::groups::{cluster_primary_urls, cluster_url};
use crate::scene::{NOW, Scene, after, key, owned, owners, record, version};
use crate::server::OwnServer;

/// The calls, with their commands on one server and on a cluster.
const COSTS: [(&str, usize, usize); 18] = [
    ("create", 1, 1),
    ("create, taken", 2, 2),
    ("create, with an owner", 1, 2),
    ("load", 1, 1),
    ("update", 1, 1),
    ("update, with an owner", 1, 1),
    ("update, another owner", 1, 4),
    ("touch", 1, 1),
    ("touch, beyond the cover", 1, 4),
    ("rename", 1, 1),
    ("rename, with an owner", 1, 4),
    ("load, renamed", 2, 2),
    ("list, one session", 2, 2),
    ("revoke, except one", 3, 3),
    ("revoke", 2, 3),
    ("revoke, none", 1, 1),
    ("delete", 1, 1),
    ("delete, with an owner", 1, 2),
];

/// Connections that are shown each command that some servers run.
struct Monitors {
    streams: Vec<BufReader<TcpStream>>,
    /// A part of each key that counts.
    prefix: String,
}

impl Monitors {
    async fn of(urls: &[String], scene: &Scene) -> Self {
        let mut streams = Vec::new();
        for url in urls {
            let (password, address) = url.trim_start_matches("redis://:").split_once('@').unwrap();
            let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
            let begin = format!("AUTH {password}\r\nMONITOR\r\n");
            stream.write_all(begin.as_bytes()).await.unwrap();
            assert_eq!([line(&mut stream).await, line(&mut stream).await], ["+OK", "+OK"]);
            streams.push(stream);
        }
        Self { streams, prefix: scene.options().prefix.to_string() }
    }

    /// Counts the commands of clients since the last time. One that was sent again with the text of its
    /// script counts once.
    async fn count(&mut self) -> usize {
        let mut count = 0;
        for stream in &mut self.streams {
            loop {
                let line = line(stream).await;
                if line.is_empty() {
                    break;
                }
                let is_script_again = line.contains("] \"EVAL\" ");
                let is_of_script = line.contains(" lua] ");
                count += usize::from(line.contains(&self.prefix) && !is_of_script && !is_script_again);
            }
        }
        count
    }
}

/// Returns the next line, or nothing if there is none for a moment.
async fn line(stream: &mut BufReader<TcpStream>) -> String {
    let mut line = Vec::new();
    // The server has written it before it has replied to the call.
    let _ = tokio::time::timeout(Duration::from_millis(50), stream.read_until(b'\n', &mut line)).await;
    String::from_utf8_lossy(&line).trim_end().to_owned()
}

/// Makes each call of the table, and counts its commands.
async fn costs(scene: &Scene, urls: &[String]) -> Vec<usize> {
    let mut monitors = Monitors::of(urls, scene).await;
    let (store, [a, b, c, d]) = (&scene.store, [1, 2, 3, 4].map(key));
    let bob = "bob".into();
    let mut costs = Vec::new();
    macro_rules! count {
        ($($call:expr,)*) => {$(
            let _ = $call.await.unwrap();
            costs.push(monitors.count().await);
        )*};
    }
    count! {
        store.create(&a, &record(1), NOW),
        store.create(&a, &record(2), NOW),
        store.create(&c, &owned(1, "ada"), NOW),
        store.load(&a, NOW),
        store.update(&a, &record(2), version(1), NOW),
        store.update(&c, &owned(2, "ada"), version(1), NOW),
        store.update(&c, &owned(3, "bob"), version(2), NOW),
        store.touch(&c, Some(after(1_500)), NOW, TouchPatience::Full),
        store.touch(&c, Some(after(9_999)), NOW, TouchPatience::Full),
        store.rename(&a, &b, &record(3), version(2), NOW),
        store.rename(&c, &d, &owned(4, "bob"), version(3), NOW),
        store.load(&a, NOW),
        owners(store).list(&bob, None, 10, NOW),
        owners(store).revoke(&bob, Some(&d)),
        owners(store).revoke(&bob, None),
        owners(store).revoke(&bob, None),
        store.delete(&b),
    }
    scene.create(9, &owned(9, "ada")).await;
    monitors.count().await;
    count! { store.delete(&key(9)), }
    costs
}

fn assert_costs(costs: &[usize], expected: impl Fn(&(&str, usize, usize)) -> usize) {
    let found: Vec<_> = COSTS.iter().map(|row| row.0).zip(costs.iter().copied()).collect();
    let expected: Vec<_> = COSTS.iter().map(|row| (row.0, expected(row))).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn each_call_costs_the_commands_of_the_table() {
    let server = OwnServer::take();
    let scene = Scene::at(server.url()).await;
    assert_costs(&costs(&scene, &[server.url()]).await, |row| row.1);
}

#[tokio::test]
async fn each_call_costs_the_commands_of_the_table_on_a_cluster() {
    let scene = Scene::at(cluster_url()).await;
    assert_costs(&costs(&scene, &cluster_primary_urls()).await, |row| row.2);
}

#[tokio::test]
async fn updates_and_touches_at_once_share_commands() {
    let server = OwnServer::take();
    let scene = Scene::at(server.url()).await;
    for number in 0..100 {
        scene.create(number, &record(1)).await;
    }
    server.command(&["config", "resetstat"]);
    let calls: Vec<_> = (0..100)
        .map(|number| {
            let store = scene.store.clone();
            tokio::spawn(async move {
                let _ = store.update(&key(number), &record(2), version(1), NOW).await.unwrap();
                let _ =
                    store.touch(&key(number), Some(after(5_000)), NOW, TouchPatience::Full).await.unwrap();
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    let statistics = server.command(&["info", "commandstats"]);
    let evalsha = statistics.split_once("cmdstat_evalsha:calls=").unwrap().1;
    let count: u32 = evalsha.split(',').next().unwrap().parse().unwrap();
    assert!(count < 40, "{count} commands for 200 calls");
}
