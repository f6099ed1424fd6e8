//! What the session does to the response's headers.

use http::header::{CACHE_CONTROL, VARY};
use session_core::Session;

use crate::stories::{Args, Framework, Handled, Reply, Setup, Site};

const ATTRIBUTES: &str = "; Path=/; Secure; HttpOnly; SameSite=Lax";

pub(super) async fn the_hardened_cookie_has_all_its_attributes(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let answer = site.browser().get("/set/name/Ada").await;
    let [cookie] = answer.set_cookies()[..] else { panic!("one cookie: {:?}", answer.set_cookies()) };
    let value = cookie.strip_prefix("__Host-session=").unwrap().strip_suffix(ATTRIBUTES).unwrap();
    assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{value}");
    assert!(!cookie.contains("Max-Age") && !cookie.contains("Domain"));
}

pub(super) async fn a_removal_repeats_the_attributes(on: &dyn Framework) {
    for path in ["/log_out", "/end"] {
        let site = Site::stock(on).await;
        let answer = site.visitor("name", "Ada").await.get(path).await;
        let removal =
            format!("__Host-session=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT{ATTRIBUTES}");
        assert_eq!(answer.set_cookies(), [removal.as_str()], "{path}");
    }
}

pub(super) async fn the_options_attributes_are_sent_and_repeated_by_the_removal(on: &dyn Framework) {
    let mut setup = Setup::new();
    setup.options.cookie_name = "__Secure-shop".to_owned();
    setup.options.path = Some("/shop".to_owned());
    setup.options.domain = Some("a.test".to_owned());
    setup.options.samesite = Some(session_core::SameSite::None);
    setup.options.partitioned = true;
    setup.options.max_age = Some(std::time::Duration::from_secs(3600));
    let site = setup.open(on).await;
    let answer = site.get("/set/name/Ada", None).await;
    let set = answer.set_cookies()[0].to_owned();
    let removal = site.get("/end", answer.cookie().as_deref()).await.set_cookies()[0].to_owned();
    assert!(set.contains("; Max-Age=3600; Expires="), "{set}");
    for text in [set, removal] {
        assert!(text.starts_with("__Secure-shop="), "{text}");
        assert!(text.contains("; Domain=a.test; "), "{text}");
        assert!(text.ends_with("; Path=/shop; Secure; HttpOnly; SameSite=None; Partitioned"), "{text}");
    }
}

/// Pages whose application says something of its own about caches.
fn pages() -> Setup {
    async fn vary(_: Session, _: Args) -> Handled {
        Ok(Reply::status(200).header("vary", "Accept").header("vary", "Origin"))
    }
    async fn cookie_of_its_own(session: Session, _: Args) -> Handled {
        session.insert("name", "Ada")?;
        Ok(Reply::status(200).header("set-cookie", "theme=dark"))
    }
    async fn write_public(session: Session, _: Args) -> Handled {
        session.insert("name", "Ada")?;
        Ok(Reply::status(200)
            .header("cache-control", "public, max-age=60")
            .header("cache-control", "s-maxage=600, no-transform")
            .header("vary", "Accept"))
    }
    let varies_already = async |_, _| Ok(Reply::status(200).header("vary", "accept, cookie"));
    let public = async |_, _| Ok(Reply::from(()).header("cache-control", "public, max-age=60, s-maxage=600"));
    let about = async |_| {
        Ok(Reply::status(200).header("vary", "Accept").header("cache-control", "public, max-age=60"))
    };
    Setup::new()
        .loaded("vary", vary)
        .loaded("varies_already", varies_already)
        .loaded("public", public)
        .loaded("write_public", write_public)
        .loaded("cookie_of_its_own", cookie_of_its_own)
        .untouched("about", about)
}

pub(super) async fn vary_is_merged_with_what_the_application_says(on: &dyn Framework) {
    let site = pages().open(on).await;
    assert_eq!(site.browser().get("/vary").await.header("vary"), "Accept, Origin, Cookie");
    assert_eq!(site.browser().get("/varies_already").await.header("vary"), "accept, cookie");
    assert_eq!(site.browser().get("/write_public").await.header("vary"), "Accept, Cookie");
}

pub(super) async fn an_untouched_response_is_left_as_it_is(on: &dyn Framework) {
    let site = pages().open(on).await;
    for browser in [site.browser(), site.visitor("name", "Ada").await] {
        let answer = browser.get("/about").await;
        assert_eq!(answer.header("vary"), "Accept");
        assert_eq!(answer.header("cache-control"), "public, max-age=60");
        let answer = browser.get("/untouched").await;
        assert!(!answer.headers.contains_key(VARY) && !answer.headers.contains_key(CACHE_CONTROL));
    }
}

pub(super) async fn a_response_that_sets_a_cookie_is_private_and_keeps_the_other_directives(
    on: &dyn Framework,
) {
    let site = pages().open(on).await;
    let answer = site.browser().get("/write_public").await;
    assert!(answer.cookie().is_some());
    assert_eq!(answer.header("cache-control"), "max-age=60, no-transform, private, no-cache");
    for path in ["/set/name/Ada", "/sign_in/ada", "/csrf"] {
        assert_eq!(site.browser().get(path).await.header("cache-control"), "private, no-cache", "{path}");
    }
}

pub(super) async fn a_response_that_removes_the_cookie_is_private_too(on: &dyn Framework) {
    for path in ["/log_out", "/end"] {
        let site = Site::stock(on).await;
        let answer = site.visitor("name", "Ada").await.get(path).await;
        assert_eq!(
            (answer.header("cache-control"), answer.header("vary")),
            ("private, no-cache".into(), "Cookie".into())
        );
    }
}

pub(super) async fn a_response_without_a_cookie_keeps_its_cache_control(on: &dyn Framework) {
    let site = pages().open(on).await;
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/public").await.header("cache-control"), "public, max-age=60, s-maxage=600");
    assert_eq!(browser.get("/count").await.header("cache-control"), "");
}

pub(super) async fn a_cookie_of_the_applications_own_stays_beside_ours(on: &dyn Framework) {
    let site = pages().open(on).await;
    let answer = site.browser().get("/cookie_of_its_own").await;
    let cookies = answer.set_cookies();
    assert_eq!(cookies.len(), 2);
    assert!(
        cookies.contains(&"theme=dark") && cookies.iter().any(|text| text.starts_with("__Host-session="))
    );
}

type Read = fn(&Session);

fn ignore<T>(_: T) {}

/// All that reads a session, without changing it.
const READS: [(&str, Read); 18] = [
    ("nothing", |_| {}),
    ("get", |session| ignore(session.get::<String>("name"))),
    ("contains_key", |session| ignore(session.contains_key("name"))),
    ("entries", |session| ignore(session.entries())),
    ("len", |session| ignore(session.len())),
    ("is_empty", |session| ignore(session.is_empty())),
    ("created", |session| ignore(session.created())),
    ("last_used", |session| ignore(session.last_used())),
    ("expires", |session| ignore(session.expires())),
    ("absolute_expiry", |session| ignore(session.absolute_expiry())),
    ("is_new", |session| ignore(session.is_new())),
    ("version", |session| ignore(session.version())),
    ("owner", |session| ignore(session.owner())),
    ("label", |session| ignore(session.label())),
    ("timeout", |session| ignore(session.timeout())),
    ("peek_flash", |session| ignore(session.peek_flash::<String>(""))),
    ("check_csrf", |session| ignore(session.check_csrf("token"))),
    ("clone and Debug", |session| ignore(format!("{:?}", session.clone()))),
];

pub(super) async fn every_way_to_read_a_session_makes_the_response_vary_with_or_without_a_cookie(
    on: &dyn Framework,
) {
    for (name, read) in READS {
        let read = move |session: Session, _| async move {
            read(&session);
            Ok(())
        };
        let site = Setup::new().loaded("method", read).open(on).await;
        for browser in [site.browser(), site.visitor("name", "Ada").await] {
            let answer = browser.get("/method").await;
            assert_eq!((answer.header("vary").as_str(), answer.set_cookies().len()), ("Cookie", 0), "{name}");
        }
    }
}

pub(super) async fn each_extractor_alone_makes_the_response_vary(on: &dyn Framework) {
    let site = Setup::new()
        .loaded("session", async |_, _| Ok(()))
        .lenient("perhaps", async |_, _| Ok(()))
        .unloaded("unloaded", async |_, _| Ok(()))
        .devices("all_devices", async |_, _| Ok(()))
        .open(on)
        .await;
    for path in ["/session", "/perhaps", "/unloaded", "/all_devices"] {
        for browser in [site.browser(), site.visitor("name", "Ada").await] {
            assert_eq!(browser.get(path).await.header("vary"), "Cookie", "{path}");
        }
    }
}
