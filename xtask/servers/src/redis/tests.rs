//! Servers that are started, stopped, paused, killed and started again.

use std::fs;

use super::*;

/// A server with one value.
fn with_data() -> Redis {
    let server = Redis::start().unwrap();
    server.command(&["set", "one", "1"]).unwrap();
    server
}

/// Returns what a client without settings of its own gets from a URL.
fn by_url(url: &str, more: &[&str]) -> String {
    let client = programs().unwrap().client;
    // Redis 7.0's own client takes a user without a name for another one than the default user.
    let url = url.replace("://:", "://default:");
    let mut command = Command::new(client);
    command.args(["--no-auth-warning", "-u", &url]).args(more).arg("ping");
    let output = client::output(&mut command, "").unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned()
}

#[test]
fn a_server_that_has_started_answers_at_its_url() {
    let server = Redis::start().unwrap();
    assert_eq!(server.url(), format!("redis://:{}@127.0.0.1:{}", server.password, server.port()));
    assert_eq!(by_url(&server.url(), &[]), "PONG");
}

#[test]
fn only_the_password_opens_a_server() {
    let server = Redis::start().unwrap();
    let text = by_url(&server.url().replace(&server.password, "wrong"), &[]);
    assert!(text.contains("WRONGPASS") && text.contains("NOAUTH") && !text.contains("PONG"), "{text}");
}

#[test]
fn a_setting_that_is_given_overrides_ours() {
    let server = Redis::start_with(&[("appendfsync", "no"), ("save", "60 1000")]).unwrap();
    assert_eq!(server.command(&["config", "get", "appendfsync"]).unwrap(), "appendfsync\nno");
    assert_eq!(server.command(&["config", "get", "save"]).unwrap(), "save\n60 1000");
}

#[test]
fn a_server_writes_each_change_at_once_and_makes_no_snapshots() {
    let server = Redis::start().unwrap();
    let setting = |name| server.command(&["config", "get", name]).unwrap();
    assert_eq!(setting("appendonly"), "appendonly\nyes");
    assert_eq!(setting("appendfsync"), "appendfsync\nalways");
    assert_eq!(setting("save"), "save\n");
    assert_eq!(setting("bind"), "bind\n127.0.0.1");
}

#[test]
fn a_wrong_setting_is_quoted_from_the_log() {
    let text = Redis::start_with(&[("no-such-setting", "1")]).unwrap_err().to_string();
    assert!(text.starts_with("Redis ended with exit status: "), "{text}");
    assert!(text.contains("'no-such-setting 1'"), "{text}");
}

#[test]
fn a_command_that_the_server_refuses_is_an_error() {
    let server = with_data();
    let text = server.command(&["incr", "one", "two"]).unwrap_err().to_string();
    assert!(text.starts_with("Redis did not carry out a command: ERR wrong number of arguments"), "{text}");
}

#[test]
fn a_quoted_command_loses_no_byte() {
    let server = Redis::start().unwrap();
    let key = r#""a\x00\n\"\xff""#;
    assert_eq!(server.quoted_command(&format!("set {key} 1")).unwrap(), "OK");
    assert_eq!(server.quoted_command("keys *").unwrap(), format!("1) {key}"));
    let text = server.quoted_command("no-such-command").unwrap_err().to_string();
    assert!(text.contains("ERR unknown command"), "{text}");
}

#[test]
fn a_stopped_server_answers_nobody_until_it_starts_again_with_its_data() {
    let mut server = with_data();
    server.stop().unwrap();
    assert!(server.command(&["ping"]).unwrap_err().to_string().contains("Could not connect"));
    server.start_again().unwrap();
    assert_eq!(server.command(&["get", "one"]).unwrap(), "1");
}

#[test]
fn a_killed_server_recovers_its_data_when_it_starts_again() {
    let mut server = with_data();
    server.kill().unwrap();
    assert!(server.command(&["ping"]).unwrap_err().to_string().contains("Could not connect"));
    server.start_again().unwrap();
    assert_eq!(server.command(&["get", "one"]).unwrap(), "1");
    let log = fs::read_to_string(server.instance.folder.join("log")).unwrap();
    assert!(!log.contains("User requested shutdown"), "{log}");
}

#[test]
fn a_paused_server_replies_when_it_is_continued() {
    let server = with_data();
    server.pause().unwrap();
    thread::scope(|scope| {
        let reply = scope.spawn(|| server.command(&["get", "one"]).unwrap());
        thread::sleep(Duration::from_millis(300));
        assert!(!reply.is_finished());
        server.resume().unwrap();
        assert_eq!(reply.join().unwrap(), "1");
    });
}

#[test]
fn a_server_with_tls_takes_no_other_connections() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let server = Redis::start_with_tls(&made.cert.pem(), &made.signing_key.serialize_pem()).unwrap();
    assert!(server.url().starts_with("rediss://:"));
    assert_eq!(by_url(&server.url(), &["--insecure"]), "PONG");
    assert_ne!(by_url(&server.url().replace("rediss", "redis"), &[]), "PONG");
}
