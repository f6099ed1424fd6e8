//! A shared cache in front of the site never shows one user another's page.

use std::cell::{Cell, RefCell};

use session_core::Session;

use crate::stories::{Answer, Args, Framework, Handled, Reply, Setup, Site};

/// A cache that keeps whatever RFC 9111 lets it keep, for ever.
struct Cache<'s> {
    site: &'s Site,
    kept: RefCell<Vec<Kept>>,
    hits: Cell<usize>,
}

/// The body, and the cookie that comes with it.
type Page = (String, Option<String>);

struct Kept {
    path: String,
    vary: String,
    /// The Cookie header of the request that it answered.
    cookie: Option<String>,
    page: Page,
}

impl Kept {
    fn answers(&self, path: &str, cookie: Option<&str>) -> bool {
        let by_cookie = self.vary.split(',').any(|name| name.trim().eq_ignore_ascii_case("cookie"));
        self.path == path && !self.vary.contains('*') && (!by_cookie || self.cookie.as_deref() == cookie)
    }
}

impl Cache<'_> {
    fn before(site: &Site) -> Cache<'_> {
        Cache { site, kept: RefCell::default(), hits: Cell::new(0) }
    }

    async fn get(&self, path: &str, cookie: Option<&str>) -> Page {
        let answers = |kept: &&Kept| kept.answers(path, cookie);
        let hit = self.kept.borrow().iter().find(answers).map(|kept| kept.page.clone());
        if let Some(page) = hit {
            self.hits.set(self.hits.get() + 1);
            return page;
        }
        let answer = self.site.get(path, cookie).await;
        let page = (answer.body.clone(), answer.cookie());
        if may_keep(&answer) {
            let (path, vary, cookie) = (path.to_owned(), answer.header("vary"), cookie.map(str::to_owned));
            self.kept.borrow_mut().push(Kept { path, vary, cookie, page: page.clone() });
        }
        page
    }
}

fn may_keep(answer: &Answer) -> bool {
    let control = answer.header("cache-control").to_ascii_lowercase();
    let has = |name| control.split(',').any(|word| word.trim().split('=').next() == Some(name));
    answer.status == 200 && !has("private") && !has("no-store") && !has("no-cache")
}

/// Pages that the application thinks everybody may keep.
fn public() -> Setup {
    fn page(text: String) -> Reply {
        Reply::from(text).header("cache-control", "public, max-age=60, s-maxage=600").header("vary", "Accept")
    }
    async fn hello(session: Session, _: Args) -> Handled {
        let name = session.get::<String>("name")?.unwrap_or_else(|| "stranger".to_owned());
        Ok(page(format!("hello {name}")))
    }
    async fn visit(session: Session, _: Args) -> Handled {
        let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
        Ok(page(format!("visit {visits}")))
    }
    let about = async |_| Ok(page("about us".to_owned()));
    Setup::new().loaded("hello", hello).loaded("visit", visit).untouched("about", about)
}

pub(super) async fn a_page_that_has_nothing_to_do_with_the_session_is_shared(on: &dyn Framework) {
    let site = public().open(on).await;
    let cache = Cache::before(&site);
    let (ada, bob) = (site.visitor("name", "Ada").await, site.visitor("name", "Bob").await);
    for browser in [ada, bob] {
        assert_eq!(cache.get("/about", browser.cookie().as_deref()).await.0, "about us");
    }
    assert_eq!(cache.hits.get(), 1);
}

pub(super) async fn nobody_sees_anothers_page(on: &dyn Framework) {
    let site = public().open(on).await;
    let cache = Cache::before(&site);
    let (ada, bob) = (site.visitor("name", "Ada").await, site.visitor("name", "Bob").await);
    for _ in 0..2 {
        assert_eq!(cache.get("/hello", ada.cookie().as_deref()).await.0, "hello Ada");
        assert_eq!(cache.get("/hello", bob.cookie().as_deref()).await.0, "hello Bob");
        assert_eq!(cache.get("/hello", None).await.0, "hello stranger");
    }
    assert_eq!(cache.hits.get(), 3, "each sees their own again");
}

pub(super) async fn a_strangers_page_is_not_shown_to_a_user(on: &dyn Framework) {
    let site = public().open(on).await;
    let cache = Cache::before(&site);
    let ada = site.visitor("name", "Ada").await;
    assert_eq!(cache.get("/hello", None).await.0, "hello stranger");
    assert_eq!(cache.get("/hello", ada.cookie().as_deref()).await.0, "hello Ada");
}

pub(super) async fn a_cookie_that_a_page_sets_is_given_to_one_visitor_alone(on: &dyn Framework) {
    let site = public().open(on).await;
    let cache = Cache::before(&site);
    let (_, first) = cache.get("/visit", None).await;
    let (_, second) = cache.get("/visit", None).await;
    assert!(first.is_some() && second.is_some());
    assert_ne!(first, second);
    assert_eq!(cache.hits.get(), 0);
}

pub(super) async fn a_reissued_cookie_is_given_to_its_owner_alone(on: &dyn Framework) {
    let site = public().open(on).await;
    let cache = Cache::before(&site);
    let (ada, bob) = (site.visitor("name", "Ada").await, site.visitor("name", "Bob").await);
    site.wait_secs(121);
    let (_, reissued) = cache.get("/hello", ada.cookie().as_deref()).await;
    assert!(reissued.is_some());
    for cookie in [None, bob.cookie()] {
        assert_ne!(cache.get("/hello", cookie.as_deref()).await.1, reissued);
    }
    assert_eq!(cache.hits.get(), 0);
}
