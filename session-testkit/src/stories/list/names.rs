//! Two factories in one program: a site and its admin area, each with its own cookie and store.

use std::any::type_name;

use session_core::adapter::Notice;
use session_core::{MemoryStore, SessionFactory, SessionOptions};

use crate::counting::{Calls, CountingStore};
use crate::faulty::{Fault, Faults, FaultyStore};
use crate::op::Op::{self, Create, Delete, List, Load, Rename, Update};
use crate::stories::list::notices::{has_notice, slower_than};
use crate::stories::{Admin, Args, Both, Browser, Framework, Handled, Setup, Site};

const ADMIN_COOKIE: &str = "__Host-admin";

/// A site with two factories, and what its second one calls.
struct Two {
    site: Site,
    admin_calls: Calls,
    admin_faults: Faults,
}

impl Two {
    async fn open(on: &dyn Framework) -> Self {
        let mut setup = handlers();
        let store = FaultyStore::new(MemoryStore::new());
        let admin_faults = store.faults();
        let store = CountingStore::new(store);
        let admin_calls = store.calls();
        let mut options = SessionOptions::new("the secret of the admin area, another one").hardened();
        options.cookie_name = ADMIN_COOKIE.to_owned();
        let admin = SessionFactory::with_clock(options, store, setup.clock.clone());
        setup.admin = Some(admin.expect("the options are right"));
        Self { site: setup.open(on).await, admin_calls, admin_faults }
    }

    /// A browser with a session of each factory, in which `count` is 1.
    async fn visitor(&self) -> Browser {
        let browser = self.site.browser();
        assert_eq!(browser.text("/count_both").await, "1 1");
        self.calls();
        browser
    }

    /// What was asked of the two stores since the last time.
    fn calls(&self) -> [Vec<Op>; 2] {
        [self.site.calls.take(), self.admin_calls.take()]
    }
}

fn handlers() -> Setup {
    async fn count(both: Both, _: Args) -> Handled<String> {
        let [site, admin] = [both.session, both.admin]
            .map(|session| session.update("count", |n: Option<u32>| n.unwrap_or(0) + 1));
        Ok(format!("{} {}", site?, admin?))
    }
    async fn see(both: Both, _: Args) -> Handled<String> {
        let [site, admin] = [both.session, both.admin].map(|session| session.get::<u32>("count"));
        Ok(format!("{:?} {:?}", site?, admin?))
    }
    Setup::new()
        .both("count_both", count)
        .both("see_both", see)
        .both("admin_sign_in", |both, args| async move { both.admin.sign_in(args[0].as_str()) })
        .both("admin_log_out", |both, _| async move { both.admin_unloaded.invalidate() })
        .both(
            "admin_devices",
            |both, _| async move { Ok(both.admin_devices.list(9).await?.len().to_string()) },
        )
        .both("owners", |both, _| async move {
            let [site, admin] = [both.session, both.admin].map(|session| session.owner().is_some());
            Ok(format!("{site} {admin}"))
        })
}

pub(super) async fn a_handler_that_changes_both_sessions_sends_both_cookies(on: &dyn Framework) {
    let two = Two::open(on).await;
    let browser = two.site.browser();
    let answer = browser.get("/count_both").await;
    let mut names: Vec<_> =
        answer.set_cookies().into_iter().map(|text| text.split('=').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!((answer.status, names), (200, vec![ADMIN_COOKIE, "__Host-session"]));
    assert_eq!(answer.header("vary"), "Cookie");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(two.calls(), [[Create], [Create]]);
    assert_eq!(browser.text("/count_both").await, "2 2");
    assert_eq!(two.calls(), [[Load, Update], [Load, Update]]);
}

pub(super) async fn a_handler_that_asks_for_one_session_costs_the_other_store_nothing(on: &dyn Framework) {
    let two = Two::open(on).await;
    let browser = two.visitor().await;
    browser.text("/count").await;
    browser.text("/untouched").await;
    assert_eq!(two.calls(), [vec![Load, Update], vec![]]);
    assert_eq!(browser.text("/see_both").await, "Some(2) Some(1)");
}

pub(super) async fn a_sign_in_to_one_is_no_sign_in_to_the_other(on: &dyn Framework) {
    let two = Two::open(on).await;
    let browser = two.visitor().await;
    let answer = browser.get("/admin_sign_in/ada").await;
    assert!(answer.cookie().unwrap().starts_with(ADMIN_COOKIE));
    assert_eq!(answer.set_cookies().len(), 1);
    assert_eq!(two.calls(), [vec![Load], vec![Load, Rename]]);
    assert_eq!(browser.text("/owners").await, "false true");
    assert_eq!(browser.text("/whoami").await, "nobody");
    two.calls();
    assert_eq!(browser.text("/admin_devices").await, "1");
    assert_eq!(two.calls(), [vec![Load], vec![Load, List]]);
}

pub(super) async fn a_log_out_of_one_leaves_the_other(on: &dyn Framework) {
    let two = Two::open(on).await;
    let browser = two.visitor().await;
    let answer = browser.get("/admin_log_out").await;
    assert!(answer.removes_cookie());
    assert_eq!(two.calls(), [vec![Load], vec![Load, Delete]]);
    assert_eq!(browser.text("/see_both").await, "Some(1) None");
}

pub(super) async fn if_either_session_cannot_be_saved_neither_cookie_is_sent(on: &dyn Framework) {
    for admin_fails in [false, true] {
        for path in ["/count_both", "/admin_sign_in/ada"] {
            let two = Two::open(on).await;
            let faults = if admin_fails { &two.admin_faults } else { &two.site.faults };
            for op in [Create, Update, Rename, Load] {
                faults.set(op, Fault::Fail);
            }
            let answer = two.site.browser().get(path).await;
            // A sign-in leaves the site's session empty, so it calls only the other store.
            let fails = admin_fails || path == "/count_both";
            assert_eq!(answer.is_bare_503(), fails, "{path}, {admin_fails}: {answer:?}");
        }
    }
}

pub(super) async fn after_a_failed_save_of_one_both_sessions_can_be_used(on: &dyn Framework) {
    for admin_fails in [false, true] {
        let two = Two::open(on).await;
        let browser = two.visitor().await;
        let faults = if admin_fails { &two.admin_faults } else { &two.site.faults };
        faults.set(Update, Fault::Fail);
        assert!(browser.get("/count_both").await.is_bare_503());
        faults.clear();
        let failed = if admin_fails { "Some(1)" } else { "Some(1) " };
        let seen = browser.text("/see_both").await;
        assert!(if admin_fails { seen.ends_with(failed) } else { seen.starts_with(failed) }, "{seen}");
        assert_eq!(browser.get("/count_both").await.status, 200);
    }
}

pub(super) async fn a_change_to_either_session_that_loses_to_a_renewal_is_in_a_notice(on: &dyn Framework) {
    for renewal in ["/renew", "/admin_sign_in/ada"] {
        let two = Two::open(on).await;
        let browser = two.visitor().await;
        let renew = async || has_notice(&browser.get(renewal).await, None);
        let answer = slower_than(&two.site, &browser, "/count_both", renew).await;
        has_notice(&answer, Some(Notice::ChangesDropped));
    }
}

pub(super) async fn a_name_without_a_factory_is_an_error_that_says_the_name(on: &dyn Framework) {
    let site = handlers().open(on).await;
    let answer = site.get("/see_both", None).await;
    assert_eq!((answer.status, answer.set_cookies().len()), (500, 0));
    assert!(answer.body.contains(type_name::<Admin>()), "{:?} does not say the name", answer.body);
    assert_eq!(site.browser().text("/read").await, "read");
}
