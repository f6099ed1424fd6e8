//! A server that is killed under load, and started again.

use std::sync::Mutex;

use test_servers::Redis;
use test_support::{Figures, HotFigures, Writers};
use tokio::task::block_in_place;

use super::{WRITING, assert_nothing_lost, rounds, under_load};
use crate::prefix::Prefix;

/// Kills a server under load, and starts it again.
async fn round(server: &Mutex<Redis>) -> (Figures, HotFigures) {
    let url = server.lock().unwrap().url();
    let kill_and_start = async || {
        block_in_place(|| {
            let mut server = server.lock().unwrap();
            server.kill().and_then(|()| server.start_again()).unwrap();
        });
    };
    under_load(url, kill_and_start).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_that_writes_to_the_disk_before_it_replies_loses_no_acknowledged_write() {
    let server = block_in_place(|| Mutex::new(Redis::start().unwrap()));
    for number in 1..=rounds() {
        let figures = round(&server).await;
        println!("kill {number}, appendfsync always: {figures:?}");
        assert_nothing_lost(&figures);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_that_writes_to_the_disk_once_a_second_leaves_no_half_write() {
    for policy in ["everysec", "no"] {
        let server = block_in_place(|| Mutex::new(Redis::start_with(&[("appendfsync", policy)]).unwrap()));
        for number in 1..=rounds() {
            let (figures, hot) = round(&server).await;
            println!("kill {number}, appendfsync {policy}: {figures:?}, {hot:?}");
            // The system keeps what the process has written. Only a machine that fails loses it.
            assert_eq!((figures.neither, hot.refused_but_kept), (0, 0), "{figures:?}, {hot:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_without_an_append_only_file_loses_what_it_has_acknowledged() {
    let server = block_in_place(|| Mutex::new(Redis::start_with(&[("appendonly", "no")]).unwrap()));
    let figures = round_that_forgets(&server).await;
    println!("kill, appendonly no: {figures:?}");
    assert!(figures.lost > 200, "the harness sees lost writes: {figures:?}");
}

/// Kills a server that forgets everything, so that the sessions which all tasks change are gone, too.
async fn round_that_forgets(server: &Mutex<Redis>) -> Figures {
    let prefix = Prefix::at(server.lock().unwrap().url());
    let store = prefix.store().await;
    let writers = Writers::start(&store);
    tokio::time::sleep(WRITING).await;
    block_in_place(|| server.lock().unwrap().kill().unwrap());
    let courses = writers.end().await;
    block_in_place(|| server.lock().unwrap().start_again().unwrap());
    Figures::of(&courses, &store).await
}
