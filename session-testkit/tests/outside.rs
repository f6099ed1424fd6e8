//! What an author sees who proves a store of his own, in a crate of his own: a message that needs no look into the kit.
#![allow(clippy::unwrap_used, reason = "whoever calls this is a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MANIFEST: &str = r#"
[package]
name = "my-store"
version = "0.1.0"
edition = "2024"

[dependencies]
session-core = { path = "{root}/session-core" }

[dev-dependencies]
session-testkit = { path = "{root}/session-testkit" }

[workspace]
"#;

/// A store that saves by an upsert, as many have: whoever writes late brings the session back.
const STORE: &str = r#"
use session_core::{MemoryStore, UnixTime};
use session_core::store::{Created, Loaded, OwnerIndex, PurgeExpired, Record, SessionStore, SizeLimits, StoreError, StoreKey, TouchPatience, Touched, Version, Written, async_trait};

#[derive(Debug, Default)]
pub struct MyStore(MemoryStore);

#[async_trait]
impl SessionStore for MyStore {
    fn name(&self) -> &'static str {
        "my store"
    }

    fn size_limits(&self) -> SizeLimits {
        SizeLimits::UNLIMITED
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        self.0.load(key, now).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        self.0.create(key, record, now).await
    }

    async fn update(&self, key: &StoreKey, record: &Record, expected: Version, now: UnixTime) -> Result<Written, StoreError> {
        match self.0.update(key, record, expected, now).await? {
            Written::Gone => {
                self.0.create(key, record, now).await?;
                Ok(Written::Done)
            }
            written => Ok(written),
        }
    }

    async fn rename(&self, old: &StoreKey, new: &StoreKey, record: &Record, expected: Version, now: UnixTime) -> Result<Written, StoreError> {
        self.0.rename(old, new, record, expected, now).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        self.0.touch(key, expires, now, patience).await
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.0.delete(key).await
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        None
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        self.0.expiry_purge()
    }
}
"#;

/// Ten lines, blank ones included.
const TESTS: &str = "
use my_store::MyStore;

session_testkit::conformance!(contract, MyStore::default);
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A crate outside the workspace, with the same versions of all that it uses.
fn outside() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = root();
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("Cargo.toml", &MANIFEST.replace("{root}", &root.display().to_string().replace('\\', "/")));
    write("src/lib.rs", STORE);
    write("tests/conformance.rs", TESTS);
    fs::copy(root.join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    folder
}

/// Runs the crate's tests whose names contain this; the exit code and what was printed.
fn cargo_test(folder: &Path, filter: &str) -> (Option<i32>, String) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--offline", "--test", "conformance", filter]).current_dir(folder);
    // A build folder of its own under the workspace's, so that the next run has less to build.
    cargo.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside"));
    let output = cargo.env("RUST_BACKTRACE", "0").env("CARGO_TERM_COLOR", "never").output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code(), text.join("\n"))
}

#[test]
fn a_faulty_store_of_somebody_elses_fails_with_a_message_that_says_what_and_why() {
    let folder = outside();
    let (code, text) = cargo_test(folder.path(), "an_update");
    assert_eq!(code, Some(101), "{text}");
    for line in [
        "test contract::comparison::an_update_never_creates ... FAILED",
        "test contract::comparison::an_update_that_finds_its_own_version_is_done ... ok",
        "the session store my store breaks a rule of its contract",
        "SES-L2-009 An update of a deleted session is gone, and the session stays absent.",
        "  reason:   Promise P4: a late writer does not undo a sign-out.",
        "    2. one, at +0: delete(a) -> done",
        "  expected: Gone",
        "  got:      Done",
        "  again:    SESSION_TESTKIT_SEED=",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let (code, text) = cargo_test(folder.path(), "the_store_has_what_is_declared");
    assert_eq!(code, Some(101), "{text}");
    assert!(text.contains("got:      owners is not there; build it, or do not declare it"), "{text}");
}
