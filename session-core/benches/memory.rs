//! The memory that a session takes: the process's resident set before and after 100,000 sessions of 400 bytes
//! in a `MemoryStore`.
//!
//! The figures are read from /proc, so this runs on Linux only. Each figure comes from a process of its own,
//! because freed memory is seldom given back.

#![allow(clippy::print_stdout, reason = "it exists to print the figures")]

use std::collections::HashMap;
use std::env;
use std::fs;
use std::process::Command;
use std::sync::Arc;

use session_core::store::{Record, SessionStore, StoreKey, Version};
use session_core::{MemoryStore, Owner, UnixTime};

const SESSIONS: u64 = 100_000;
const PAYLOAD: usize = 400;
/// The environment variable that tells the process what to measure.
const CONTENDER: &str = "SESSION_MEMORY_CONTENDER";

fn main() {
    match env::var(CONTENDER).as_deref() {
        Ok("bare map") => measure("bare map", bare_map),
        Ok("anonymous") => measure("anonymous", || store(false)),
        Ok("owned and labelled") => measure("owned and labelled", || store(true)),
        Ok(_) | Err(_) => {
            for contender in ["bare map", "anonymous", "owned and labelled"] {
                let program = env::current_exe().expect("a program knows its own path");
                let status = Command::new(program).env(CONTENDER, contender).status();
                assert!(status.is_ok_and(|status| status.success()));
            }
        }
    }
}

fn measure<T>(contender: &str, fill: impl FnOnce() -> T) {
    let before = resident();
    let kept = fill();
    let bytes = (resident() - before) / SESSIONS;
    drop(kept);
    println!("{contender:20} {bytes:5} bytes a session, {} beyond its payload", bytes - PAYLOAD as u64);
}

/// Fills the smallest map that could keep the sessions, with key and payload alone.
fn bare_map() -> HashMap<[u8; StoreKey::BYTES], Arc<[u8]>> {
    (0..SESSIONS).map(|n| (*key(n).as_bytes(), vec![b'x'; PAYLOAD].into())).collect()
}

fn store(owned: bool) -> MemoryStore {
    let (store, now) = (MemoryStore::new(), UnixTime::from_secs(1_700_000_000));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
    runtime.block_on(async {
        for n in 0..SESSIONS {
            let mut record = Record::new(vec![b'x'; PAYLOAD], now, Version::from_bits(n));
            if owned {
                record.owner = Some(Owner::from(n / 2));
                record.label = Some("Firefox on Linux".into());
            }
            let _ = store.create(&key(n), &record, now).await.expect("a store in memory does not fail");
        }
    });
    store
}

/// Returns a key whose bytes are spread as those of a hash are.
fn key(n: u64) -> StoreKey {
    let mut bytes = [0; StoreKey::BYTES];
    let mut word = n;
    for chunk in bytes.chunks_mut(8) {
        word = word.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x2545_F491_4F6C_DD1D);
        chunk.copy_from_slice(&word.to_be_bytes()[..chunk.len()]);
    }
    StoreKey::from_bytes(bytes)
}

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("/proc is there on Linux");
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the status has a line VmRSS");
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().expect("VmRSS is a number");
    kib * 1024
}
