//! The start of the program, and its errors when it cannot start.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use tempfile::TempDir;

use crate::browser::Browser;
use crate::matrix::FRAMEWORKS;
use crate::program::{Program, run};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Asserts that the program exits with code 2, and that its one line on stderr contains each text in `said`.
fn refused(folder: &Path, arguments: &[&str], said: &[&str]) {
    let ended = run(folder, arguments);
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert_eq!(ended.stdout, "", "the program started");
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.starts_with("session-demo: "), "{}", ended.stderr);
    for text in said {
        assert!(ended.stderr.contains(text), "{text:?} is missing in {}", ended.stderr);
    }
}

fn secret_file(folder: &Path, text: &str, mode: u32) {
    use std::io::Write as _;
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(folder.join("given")).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    fs::set_permissions(folder.join("given"), fs::Permissions::from_mode(mode)).unwrap();
}

const GIVEN: [&str; 6] = ["--store", "memory", "--listen", "127.0.0.1:0", "--secret-file", "given"];
const LONG: &str = "a secret of more than thirty-two bytes\n";

#[test]
fn the_error_for_an_unknown_store_lists_the_known_ones() {
    let said = ["`carrier-pigeon`", "--store", "sqlite:FILE", "memory"];
    refused(folder().path(), &["--store", "carrier-pigeon:coop", "--listen", "127.0.0.1:0"], &said);
}

#[test]
fn the_error_for_a_malformed_store_shows_the_right_form() {
    for (store, form) in [
        ("sqlite", "sqlite:FILE"),
        ("sqlite:", "sqlite:FILE"),
        ("memory:x", "--store memory"),
        ("redis", "redis://USER:PASSWORD@HOST"),
        ("redis:host", "redis://USER:PASSWORD@HOST"),
        ("rediss-cluster:host", "redis-cluster://USER:PASSWORD@HOST"),
    ] {
        refused(folder().path(), &["--store", store, "--listen", "127.0.0.1:0"], &[store, form]);
    }
}

#[test]
fn a_store_that_cannot_be_opened_is_refused() {
    let arguments = ["--store", "sqlite:no/such/folder/s.db", "--listen", "127.0.0.1:0"];
    refused(folder().path(), &arguments, &["sqlite:no/such/folder/s.db", "--store"]);
}

#[test]
fn a_file_that_is_not_a_database_is_refused() {
    let folder = folder();
    fs::write(folder.path().join("poem.txt"), "a poem, not a database\n".repeat(100)).unwrap();
    let arguments = ["--store", "sqlite:poem.txt", "--listen", "127.0.0.1:0"];
    refused(folder.path(), &arguments, &["sqlite:poem.txt"]);
}

#[test]
fn the_error_for_a_port_in_use_names_the_address() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for framework in FRAMEWORKS {
        let arguments = ["--framework", framework, "--store", "memory", "--listen", &address];
        refused(folder().path(), &arguments, &[&address, "--listen"]);
    }
}

#[test]
fn the_error_for_an_invalid_address_names_it() {
    refused(folder().path(), &["--store", "memory", "--listen", "8080"], &["8080", "--listen"]);
}

#[test]
fn a_short_secret_is_refused_and_not_repeated() {
    let folder = folder();
    secret_file(folder.path(), "swordfish\n", 0o600);
    refused(folder.path(), &GIVEN, &["given", "32 bytes", "delete it"]);
    assert!(!run(folder.path(), &GIVEN).stderr.contains("swordfish"));
}

#[test]
fn a_secret_that_others_may_read_is_refused() {
    let folder = folder();
    secret_file(folder.path(), LONG, 0o640);
    refused(folder.path(), &GIVEN, &["given", "chmod 600"]);
}

#[test]
fn a_secret_file_that_is_a_folder_is_refused() {
    let folder = folder();
    fs::create_dir(folder.path().join("given")).unwrap();
    refused(folder.path(), &GIVEN, &["given", "not a regular file", "--secret-file"]);
}

#[test]
fn a_secret_that_is_not_text_is_refused() {
    let folder = folder();
    secret_file(folder.path(), "", 0o600);
    fs::write(folder.path().join("given"), [0xFF; 64]).unwrap();
    refused(folder.path(), &GIVEN, &["given", "--secret-file"]);
}

#[test]
fn the_error_for_a_secret_that_cannot_be_created_has_the_remedy() {
    let arguments =
        ["--store", "memory", "--listen", "127.0.0.1:0", "--secret-file", "no/such/folder/session.secret"];
    refused(folder().path(), &arguments, &["no/such/folder/session.secret", "--secret-file"]);
}

#[test]
fn a_wrong_option_ends_with_exit_code_2() {
    assert_eq!(run(folder().path(), &["--colour"]).status.code(), Some(2));
}

#[test]
fn the_error_for_an_unknown_framework_lists_the_known_ones() {
    let ended = run(folder().path(), &["--framework", "flask"]);
    assert_eq!(ended.status.code(), Some(2));
    for text in ["'flask'", "--framework", "axum, warp, rocket"] {
        assert!(ended.stderr.contains(text), "{text} is missing in {}", ended.stderr);
    }
}

#[test]
fn an_existing_secret_is_used() {
    let folder = folder();
    secret_file(folder.path(), LONG, 0o600);
    let said = Program::start(folder.path(), &["--store", "memory", "--secret-file", "given"]).said.clone();
    assert_eq!(said[2], "secret from given");
}

#[test]
fn the_first_run_creates_a_secret_that_only_the_owner_can_read() {
    let folder = folder();
    let said = Program::in_memory(folder.path()).said.clone();
    assert!(said[2].contains("session.secret") && said[2].contains("made just now"), "{said:?}");
    let path = folder.path().join("session.secret");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let made = fs::read(&path).unwrap();
    let said = Program::in_memory(folder.path()).said.clone();
    assert_eq!(said[2], "secret from session.secret");
    assert_eq!(fs::read(&path).unwrap(), made, "the second run changed the secret of the first");
}

#[test]
fn the_start_prints_the_address_and_the_store() {
    let folder = folder();
    let site = Program::on_sqlite(folder.path());
    assert_eq!(site.said[0], format!("listening on http://{}", site.address));
    assert_eq!(site.said[1], "sessions in sqlite:sessions.db");
    assert!(folder.path().join("sessions.db").is_file());
}

#[test]
fn the_help_lists_every_option_and_store() {
    let help = run(folder().path(), &["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let options = [
        "--store",
        "--framework",
        "--listen",
        "--secret-file",
        "--https",
        "--cookie-name",
        "--help",
        "--version",
    ];
    let texts =
        ["memory", "sqlite:FILE", "127.0.0.1:8080", "session.secret", "sqlite:sessions.db", "Examples:"];
    let redis = ["redis://", "rediss", "redis-sentinel://", "redis-cluster://", "redis+unix:///"];
    for text in options.into_iter().chain(texts).chain(redis) {
        assert!(help.stdout.contains(text), "{text} is missing in {}", help.stdout);
    }
}

#[test]
fn behind_tls_the_cookie_is_hardened() {
    let folder = folder();
    let site = Program::start(folder.path(), &["--store", "memory", "--https"]);
    let page = Browser::new().get(site.address, "/visits");
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-session="), "{cookie}");
    for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.to_lowercase().contains(&attribute.to_lowercase()), "{cookie}");
    }
    assert!(page.says("__Host-session"));
}

/// Starts the site with this name of the cookie, and asserts that the name is in Set-Cookie and on the page
/// for a refused form, with the option.
fn is_called(name: &str, arguments: &[&str]) {
    let folder = folder();
    let arguments = [&["--store", "memory", "--cookie-name", name], arguments].concat();
    let site = Program::start(folder.path(), &arguments);
    let mut browser = Browser::new();
    let cookie = browser.get(site.address, "/visits").header("set-cookie").unwrap().to_owned();
    assert!(cookie.starts_with(&format!("{name}=")), "{cookie}");
    assert_eq!(cookie.contains("; Secure"), arguments.contains(&"--https"), "{cookie}");
    assert!(browser.get(site.address, "/session").says(&format!("{name}; Path=/;")));
    let refused = browser.post(site.address, "/cart/add", &[("csrf", "forged")]);
    assert_eq!(refused.status, 403);
    assert!(refused.says("--cookie-name NAME") && refused.says(name), "{}", refused.body);
}

#[test]
fn the_cookie_can_have_another_name() {
    is_called("shop", &[]);
    is_called("shop", &["--https"]);
    is_called("__Host-shop", &["--https"]);
    is_called("__Secure-shop", &["--https"]);
}

#[test]
fn the_error_for_a_bad_name_of_the_cookie_names_the_option_and_creates_no_secret() {
    let folder = folder();
    let refused = |arguments: &[&str], said: &[&str]| {
        let arguments = [&["--store", "memory", "--listen", "127.0.0.1:0"], arguments].concat();
        refused(folder.path(), &arguments, said);
        assert!(!folder.path().join("session.secret").exists());
    };
    for name in ["", "a b", "a;b", "a=b", "bücher", "$a", "path", "a\nb"] {
        refused(&["--cookie-name", name], &["--cookie-name", "must consist of letters", "another name"]);
        refused(&["--https", "--cookie-name", name], &["--cookie-name", "must consist of letters"]);
    }
    for name in ["__Host-shop", "__secure-shop", "__Http-shop"] {
        refused(&["--cookie-name", name], &[name, "over https only", "add --https"]);
    }
}

/// Two sites on one host overwrite each other's cookie, unless their cookies have different names.
#[test]
fn two_sites_on_one_host_need_different_names() {
    let (one, two) = (folder(), folder());
    let first = Program::in_memory(one.path());
    for (arguments, visits) in
        [(&["--store", "memory"][..], "1"), (&["--store", "memory", "--cookie-name", "b"], "2")]
    {
        let second = Program::start(two.path(), arguments);
        let mut browser = Browser::new();
        browser.get(first.address, "/visits");
        browser.get(second.address, "/visits");
        assert_eq!(browser.get(first.address, "/visits").text("visits"), visits);
    }
}

#[test]
fn over_plain_http_the_cookie_is_not_secure_and_the_page_says_so() {
    let folder = folder();
    let site = Program::in_memory(folder.path());
    let page = Browser::new().get(site.address, "/visits");
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.starts_with("session=") && !cookie.to_lowercase().contains("; secure"), "{cookie}");
    assert!(page.says("without the Secure attribute") && page.says("--https"));
}

#[test]
fn sigterm_stops_the_program_with_exit_code_0() {
    for framework in FRAMEWORKS {
        let folder = folder();
        let ended = Program::start(folder.path(), &["--framework", framework, "--store", "memory"]).stop();
        assert_eq!(ended.status.code(), Some(0), "{framework}: {ended:?}");
        assert_eq!(ended.stderr, "", "{framework}");
    }
}
