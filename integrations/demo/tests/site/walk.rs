//! The walk through the site, page by page, on any framework and any store.

use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::browser::Browser;
use crate::site::Site;

/// Expands to a test for each step of the walk, each on its own site.
macro_rules! walk {
    ($framework:expr, $store:expr) => {
        crate::walk::walk! {
            $framework, $store;
            reading_a_page_sets_no_cookie
            visits_count_one_by_one
            parallel_visits_all_count
            signing_in_gives_the_session_an_owner_and_a_new_id
            signing_in_under_another_name_carries_nothing_over
            staying_signed_in_outlives_the_browser
            an_invalid_name_is_refused_with_a_message
            a_name_cannot_inject_markup
            a_message_is_shown_once
            items_added_in_parallel_tabs_are_all_in_the_cart
            a_removed_item_is_gone_from_the_cart
            an_unknown_item_is_refused_with_a_message
            a_form_without_the_sessions_token_is_refused
            a_refused_form_starts_no_session
            a_form_from_before_the_sign_in_is_refused_after_it
            the_list_has_only_devices_signed_in_under_the_same_name
            a_device_can_sign_out_another
            a_device_can_sign_itself_out_from_the_list
            a_device_of_another_owner_cannot_be_signed_out
            all_other_devices_are_signed_out_at_once
            a_sign_out_ends_the_session_for_every_copy_of_its_cookie
            the_session_page_shows_the_state_and_never_the_id
            pages_are_not_cached_and_static_files_are
            every_response_has_the_security_headers
            the_health_check_needs_no_session
            an_invalid_form_is_refused
            head_requests_get_no_body
        }
    };
    ($framework:expr, $store:expr; $($step:ident)*) => {
        $(
            #[test]
            fn $step() {
                crate::walk::$step(&crate::site::Site::open($framework, &String::from($store)));
            }
        )*
    };
}

pub(crate) use walk;

pub(crate) fn reading_a_page_sets_no_cookie(site: &Site) {
    for path in ["/", "/devices", "/session", "/signed-out", "/healthz", "/style.css", "/icon.svg"] {
        let page = Browser::new().get(site.address(), path);
        assert_eq!((page.status, page.header("set-cookie")), (200, None), "{path}");
    }
    assert!(Browser::new().get(site.address(), "/").says("You have no session yet"));
}

pub(crate) fn visits_count_one_by_one(site: &Site) {
    let mut browser = Browser::new();
    for visit in ["1", "2", "3"] {
        assert_eq!(browser.get(site.address(), "/visits").text("visits"), visit);
    }
    assert_eq!(browser.visits(site.address()), 3);
}

pub(crate) fn parallel_visits_all_count(site: &Site) {
    let mut browser = Browser::new();
    browser.get(site.address(), "/visits");
    thread::scope(|scope| {
        for mut tab in vec![browser.clone(); 8] {
            scope.spawn(move || {
                (0..25).for_each(|_| assert_eq!(tab.get(site.address(), "/visits").status, 200))
            });
        }
    });
    assert_eq!(browser.visits(site.address()), 201);
}

pub(crate) fn signing_in_gives_the_session_an_owner_and_a_new_id(site: &Site) {
    let mut browser = Browser::new();
    browser.get(site.address(), "/visits");
    let mut planted = browser.clone();
    let page = browser.sign_in(site.address(), "  Ada Lovelace ");
    assert!(page.says("You are signed in as Ada Lovelace"));
    assert_eq!(browser.owner(site.address()).as_deref(), Some("Ada Lovelace"));
    assert_eq!(browser.visits(site.address()), 1, "the values of the session are kept");
    assert_ne!(browser.cookies, planted.cookies);
    assert_eq!(
        planted.owner(site.address()),
        None,
        "the cookie from before the sign-in has no access to the new session"
    );
}

pub(crate) fn signing_in_under_another_name_carries_nothing_over(site: &Site) {
    let mut browser = Browser::new();
    browser.sign_in(site.address(), "Ada");
    browser.submit(site.address(), "/cart", "/cart/add", &[("item", "lamp")]);
    browser.sign_in(site.address(), "Grace");
    assert_eq!(browser.owner(site.address()).as_deref(), Some("Grace"));
    assert_eq!(browser.get(site.address(), "/").text("items"), "0");
}

pub(crate) fn staying_signed_in_outlives_the_browser(site: &Site) {
    let mut browser = Browser::new();
    let csrf = browser.get(site.address(), "/sign-in").csrf();
    let fields = [("csrf", csrf.as_str()), ("name", "Ada"), ("remember", "yes")];
    let answer = browser.post(site.address(), "/sign-in", &fields);
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=2592000"), "{answer:?}");
    assert_eq!(browser.get(site.address(), "/session").text("timeout"), "30 d ");

    let csrf = browser.get(site.address(), "/sign-in").csrf();
    let answer = browser.post(site.address(), "/sign-in", &[("csrf", &csrf), ("name", "Ada")]);
    assert!(!answer.header("set-cookie").unwrap().contains("Max-Age"), "{answer:?}");
    assert_eq!(browser.get(site.address(), "/session").text("timeout"), "20 min ");
}

pub(crate) fn an_invalid_name_is_refused_with_a_message(site: &Site) {
    let mut browser = Browser::new();
    for (name, message) in
        [(" ", "Please enter your name"), ("ä".repeat(41).as_str(), "at most 40 characters")]
    {
        assert!(browser.sign_in(site.address(), name).says(message), "{name}");
    }
    assert_eq!(browser.owner(site.address()), None);
}

pub(crate) fn a_name_cannot_inject_markup(site: &Site) {
    let mut browser = Browser::new();
    let page = browser.sign_in(site.address(), r#""><script>alert(1)</script>"#);
    assert!(page.says("script") && !page.says("<script"), "{}", page.body);
}

pub(crate) fn a_message_is_shown_once(site: &Site) {
    let mut browser = Browser::new();
    let page = browser.submit(site.address(), "/cart", "/cart/add", &[("item", "tea")]);
    assert!(page.says("Green tea is in your cart."));
    assert!(!browser.get(site.address(), "/cart").says("is in your cart."));
}

pub(crate) fn items_added_in_parallel_tabs_are_all_in_the_cart(site: &Site) {
    let mut browser = Browser::new();
    let csrf = browser.get(site.address(), "/cart").csrf();
    thread::scope(|scope| {
        for (mut tab, item) in vec![browser.clone(); 6].into_iter().zip(["tea", "cup"].into_iter().cycle()) {
            let csrf = &csrf;
            scope.spawn(move || {
                for _ in 0..5 {
                    let answer = tab.post(site.address(), "/cart/add", &[("csrf", csrf), ("item", item)]);
                    assert_eq!(answer.status, 303);
                }
            });
        }
    });
    let page = browser.get(site.address(), "/cart");
    assert_eq!(page.text("items"), "30");
    assert!(page.says("€\u{a0}457.50"), "15 × 12.50 and 15 × 18.00");
}

pub(crate) fn a_removed_item_is_gone_from_the_cart(site: &Site) {
    let mut browser = Browser::new();
    browser.submit(site.address(), "/cart", "/cart/add", &[("item", "tea")]);
    browser.submit(site.address(), "/cart", "/cart/add", &[("item", "cup")]);
    let page = browser.submit(site.address(), "/cart", "/cart/remove", &[("item", "tea")]);
    assert_eq!(page.text("items"), "1");
    assert!(page.says("cart-cup") && !page.says("cart-tea"));
    let page = browser.submit(site.address(), "/cart", "/cart/remove", &[("item", "cup")]);
    assert!(page.says("Your cart is empty"));
}

pub(crate) fn an_unknown_item_is_refused_with_a_message(site: &Site) {
    let mut browser = Browser::new();
    let page = browser.submit(site.address(), "/cart", "/cart/add", &[("item", "yacht")]);
    assert!(page.says("That item is not in the shop.") && page.says("Your cart is empty"));
}

pub(crate) fn a_form_without_the_sessions_token_is_refused(site: &Site) {
    let mut browser = Browser::new();
    browser.sign_in(site.address(), "Ada");
    let foreign = Browser::new().get(site.address(), "/cart").csrf();
    let forms = ["/sign-in", "/cart/add", "/cart/remove", "/devices/revoke", "/devices/revoke-others"];
    for form in forms {
        for fields in [vec![], vec![("csrf", "")], vec![("csrf", foreign.as_str())]] {
            let page = browser.post(site.address(), form, &fields);
            assert_eq!(page.status, 403, "{form} {fields:?}");
            assert!(page.says("Open the form again"), "the page does not say what to do");
        }
    }
    assert_eq!(browser.get(site.address(), "/").text("items"), "0");
    assert_eq!(browser.owner(site.address()).as_deref(), Some("Ada"));
}

pub(crate) fn a_refused_form_starts_no_session(site: &Site) {
    let page = Browser::new().post(site.address(), "/cart/add", &[("item", "tea"), ("csrf", "made up")]);
    assert_eq!((page.status, page.header("set-cookie")), (403, None));
}

pub(crate) fn a_form_from_before_the_sign_in_is_refused_after_it(site: &Site) {
    let mut browser = Browser::new();
    let csrf = browser.get(site.address(), "/cart").csrf();
    browser.sign_in(site.address(), "Ada");
    let page = browser.post(site.address(), "/cart/add", &[("csrf", &csrf), ("item", "tea")]);
    assert_eq!(page.status, 403);
}

pub(crate) fn the_list_has_only_devices_signed_in_under_the_same_name(site: &Site) {
    let (mut desk, mut stranger) = (Browser::new(), Browser::new());
    let mut phone = Browser::called("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1");
    desk.sign_in(site.address(), "Ada");
    phone.sign_in(site.address(), "Ada");
    stranger.sign_in(site.address(), "Grace");
    let page = desk.get(site.address(), "/devices");
    assert!(page.says("Firefox on Linux") && page.says("Safari on iPhone"), "{}", page.body);
    assert_eq!(page.body.matches("last used").count(), 2);
    assert_eq!(page.body.matches("this device").count(), 1);
    assert!(!stranger.get(site.address(), "/devices").says("Safari on iPhone"));
}

pub(crate) fn a_device_can_sign_out_another(site: &Site) {
    let (mut desk, mut phone) = (Browser::new(), Browser::new());
    desk.sign_in(site.address(), "Ada");
    phone.sign_in(site.address(), "Ada");
    let page = desk.get(site.address(), "/devices");
    let handle = page.between(r#"name="device" value=""#, "\"").unwrap();
    let page = desk.submit(site.address(), "/devices", "/devices/revoke", &[("device", handle)]);
    assert!(page.says("The device has been signed out."));
    assert_eq!(phone.owner(site.address()), None);
    assert_eq!(desk.owner(site.address()).as_deref(), Some("Ada"));
    let page = desk.submit(site.address(), "/cart", "/devices/revoke", &[("device", handle)]);
    assert!(page.says("no longer in the list"));
}

pub(crate) fn a_device_can_sign_itself_out_from_the_list(site: &Site) {
    let (mut desk, mut phone) = (Browser::new(), Browser::new());
    desk.sign_in(site.address(), "Ada");
    phone.sign_in(site.address(), "Ada");
    let page = desk.get(site.address(), "/devices");
    let handle = page.between(r#"name="device" value=""#, "\"").unwrap();
    let page = phone.submit(site.address(), "/devices", "/devices/revoke", &[("device", handle)]);
    assert!(page.says("You are signed out"));
    assert!(phone.cookies.is_empty());
    assert_eq!(desk.owner(site.address()).as_deref(), Some("Ada"));
}

pub(crate) fn a_device_of_another_owner_cannot_be_signed_out(site: &Site) {
    let (mut ada, mut ada_again, mut grace) = (Browser::new(), Browser::new(), Browser::new());
    ada.sign_in(site.address(), "Ada");
    ada_again.sign_in(site.address(), "Ada");
    grace.sign_in(site.address(), "Grace");
    let page = ada.get(site.address(), "/devices");
    let handle = page.between(r#"name="device" value=""#, "\"").unwrap();
    grace.submit(site.address(), "/cart", "/devices/revoke", &[("device", handle)]);
    assert_eq!(ada_again.owner(site.address()).as_deref(), Some("Ada"));
}

pub(crate) fn all_other_devices_are_signed_out_at_once(site: &Site) {
    let mut browsers = [Browser::new(), Browser::new(), Browser::new()];
    browsers.iter_mut().for_each(|browser| drop(browser.sign_in(site.address(), "Ada")));
    let page = browsers[0].submit(site.address(), "/devices", "/devices/revoke-others", &[]);
    assert!(page.says("2 other devices have been signed out."));
    let owners = browsers.each_mut().map(|browser| browser.owner(site.address()));
    assert_eq!(owners, [Some("Ada".to_owned()), None, None]);
}

pub(crate) fn a_sign_out_ends_the_session_for_every_copy_of_its_cookie(site: &Site) {
    let mut browser = Browser::new();
    browser.sign_in(site.address(), "Ada");
    let mut copy = browser.clone();
    let answer = browser.post(site.address(), "/sign-out", &[]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/signed-out")));
    assert!(browser.cookies.is_empty());
    assert!(browser.get(site.address(), "/signed-out").says("You are signed out"));
    assert_eq!(copy.owner(site.address()), None);
}

pub(crate) fn the_session_page_shows_the_state_and_never_the_id(site: &Site) {
    let mut browser = Browser::new();
    browser.get(site.address(), "/visits");
    browser.sign_in(site.address(), "Ada");
    browser.get(site.address(), "/");
    let page = browser.get(site.address(), "/session");
    assert_eq!((page.text("owner"), page.text("label")), ("Ada", "Firefox on Linux"));
    assert!(page.text("age").ends_with(" s "), "{}", page.text("age"));
    assert_eq!(page.text("timeout"), "20 min ");
    assert!(page.text("idle").starts_with("in ") && page.text("absolute").starts_with("in "));
    let version =
        |page: &crate::browser::Page| page.between("id=\"version\"><code>", "<").unwrap().to_owned();
    assert_eq!(version(&page).len(), 16);
    assert_eq!(version(&page), version(&browser.get(site.address(), "/session")), "reading writes nothing");
    let id = id_in(&browser.cookies["session"]);
    assert!(id.len() > 20 && !page.says(&id) && !page.says(&browser.cookies["session"]));
}

/// Returns the session ID in a cookie, which consists of 64 bytes of signature followed by JSON.
fn id_in(cookie: &str) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(cookie).unwrap();
    let body = String::from_utf8(bytes[64..].to_vec()).unwrap();
    body.split_once(r#""sessioneid":""#).unwrap().1.split('"').next().unwrap().to_owned()
}

pub(crate) fn pages_are_not_cached_and_static_files_are(site: &Site) {
    let mut browser = Browser::new();
    browser.sign_in(site.address(), "Ada");
    for path in ["/", "/visits", "/cart", "/devices", "/session", "/sign-in"] {
        let page = browser.get(site.address(), path);
        assert!(page.header("cache-control").unwrap().contains("no-store"), "{path}");
        assert_eq!(page.header("vary"), Some("Cookie"), "{path}");
    }
    for path in ["/style.css", "/icon.svg"] {
        let file = browser.get(site.address(), path);
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(file.header("vary"), None, "static files do not depend on the session");
    }
}

pub(crate) fn every_response_has_the_security_headers(site: &Site) {
    let mut browser = Browser::new();
    let answers = [
        browser.get(site.address(), "/"),
        browser.get(site.address(), "/style.css"),
        browser.get(site.address(), "/no/such/page"),
        browser.get(site.address(), "/sign-out"),
        browser.post(site.address(), "/cart/add", &[]),
    ];
    assert_eq!(answers.each_ref().map(|answer| answer.status), [200, 200, 404, 405, 403]);
    for answer in answers {
        assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'self'"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
    }
}

pub(crate) fn the_health_check_needs_no_session(site: &Site) {
    let page = Browser::new().get(site.address(), "/healthz");
    assert_eq!((page.status, page.body.as_str(), page.header("vary")), (200, "ok\n", None));
}

pub(crate) fn an_invalid_form_is_refused(site: &Site) {
    let mut browser = Browser::new();
    browser.get(site.address(), "/visits");
    let too_long = "x".repeat(17 * 1024);
    let bodies = [("application/x-www-form-urlencoded", too_long.as_str()), ("text/plain", "item=tea")];
    for (media_type, body) in bodies {
        let page = browser.send(site.address(), "/cart/add", media_type, body);
        assert_eq!((page.status, page.header("set-cookie")), (400, None), "{media_type}");
        assert!(page.says("This form cannot be read"), "{}", page.body);
    }
}

pub(crate) fn head_requests_get_no_body(site: &Site) {
    let page = Browser::new().request(site.address(), "HEAD", "/healthz", &[]).unwrap();
    assert_eq!((page.status, page.body.as_str()), (200, ""));
}
