//! Answers without a body: their head is as that of a page.

use session_core::Session;

use crate::op::Op;
use crate::stories::{Answer, Args, Framework, Handled, Reply, Setup};

/// What a browser and a cache go by.
fn facts(answer: &Answer) -> (u16, String, String, usize) {
    let set_cookies = answer.set_cookies().len();
    (answer.status, answer.header("vary"), answer.header("cache-control"), set_cookies)
}

pub(super) async fn head_has_the_head_of_get_and_costs_the_same(on: &dyn Framework) {
    for path in
        ["/untouched", "/read", "/count", "/flash/hello", "/renew", "/sign_in/ada", "/end", "/log_out"]
    {
        let site = Setup::new().open(on).await;
        let (gets, heads) = (site.visitor("name", "Ada").await, site.visitor("name", "Ada").await);
        let get = gets.get(path).await;
        let calls = site.calls.take();
        let head = heads.head(path).await;
        assert_eq!(facts(&head), facts(&get), "{path}");
        assert_eq!(head.body, "", "{path}");
        assert_eq!(site.calls.take(), calls, "{path}");
    }
}

pub(super) async fn what_head_changes_is_saved(on: &dyn Framework) {
    let site = Setup::new().open(on).await;
    let browser = site.browser();
    assert!(browser.head("/set/name/Ada").await.cookie().is_some());
    assert_eq!(browser.text("/get/name").await, r#""Ada""#);
}

/// A page that has not changed, and says so; it counts all the same.
async fn not_modified(session: Session, _: Args) -> Handled {
    session.update("count", |n: Option<u32>| n.unwrap_or(0) + 1)?;
    Ok(Reply::status(304).header("etag", "\"v1\"").header("cache-control", "public, max-age=60"))
}

pub(super) async fn a_304_saves_the_session_and_varies(on: &dyn Framework) {
    let site = Setup::new().loaded("page", not_modified).open(on).await;
    let browser = site.visitor("name", "Ada").await;
    let answer = browser.get("/page").await;
    let expected = (304, "Cookie".to_owned(), "public, max-age=60".to_owned(), 0);
    assert_eq!(facts(&answer), expected);
    assert_eq!((answer.header("etag").as_str(), answer.body.as_str()), ("\"v1\"", ""));
    assert_eq!(site.calls.take(), [Op::Load, Op::Update]);
    assert_eq!(browser.text("/get/count").await, "1");
}

pub(super) async fn a_304_that_sets_a_cookie_is_private(on: &dyn Framework) {
    let site = Setup::new().loaded("page", not_modified).open(on).await;
    let browser = site.browser();
    let expected = (304, "Cookie".to_owned(), "max-age=60, private, no-cache".to_owned(), 1);
    assert_eq!(facts(&browser.get("/page").await), expected, "a new session");
    site.wait_secs(121);
    assert_eq!(facts(&browser.get("/page").await), expected, "a cookie that is sent again");
    assert_eq!(browser.text("/get/count").await, "2");
}

pub(super) async fn a_redirect_that_signs_in_sets_its_cookie(on: &dyn Framework) {
    let log_in = async |session: Session, _| {
        session.sign_in("ada")?;
        Ok(Reply::status(303).header("location", "/whoami"))
    };
    let site = Setup::new().loaded("log_in", log_in).open(on).await;
    let browser = site.browser();
    let answer = browser.get("/log_in").await;
    assert_eq!((answer.status, answer.header("location").as_str()), (303, "/whoami"));
    assert_eq!(browser.text("/whoami").await, "ada");
}
