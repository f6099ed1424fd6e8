//! Tests of the site in a real browser: Chromium, over HTTPS, on each framework.
//!
//! `cargo xtask browser` runs these stories. They need Chromium, so `cargo test` ignores them.

#![cfg(unix)] // The module shared with the tests of the program is for Unix only.
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic like the test itself")]

use std::collections::BTreeSet;

#[path = "../../../../session-core/tests/cookie_options/accepted.rs"]
mod accepted;
mod browser;
mod chromium;
#[path = "../site/database.rs"]
#[allow(dead_code, reason = "some of its functions are used only by the other tests")]
mod database;
mod devtools;
#[path = "../site/program.rs"]
#[allow(dead_code, reason = "some of its functions are used only by the other tests")]
mod program;
mod stage;
mod tls;

// Screenshots, which are not stories.
mod pictures;

// Cookies with the options of other sites than the demo.
mod kept;

// The stories, by topic.
mod account;
mod back;
mod cookie;
mod devices;
mod foreign;
mod forms;
mod tabs;

/// Expands to a module for each framework on each store, with a test for each story in it.
macro_rules! on_each {
    ($($module:ident: $framework:ident, $store:expr;)+) => {
        const FRAMEWORKS: &[&str] = &[$(stringify!($framework)),+];
        $(mod $module {
            told_on! { $framework, $store;
                account::signing_in_greets_the_visitor
                account::staying_signed_in_gives_the_cookie_an_expiry
                account::signing_out_forgets_the_visitor
                back::after_a_sign_out_the_back_button_shows_no_private_page
                back::a_page_left_open_in_another_tab_is_not_shown_again_after_a_sign_out
                cookie::the_cookie_is_bound_to_the_host_and_sent_over_https_only
                cookie::a_script_cannot_read_the_cookie
                cookie::reading_a_page_sets_no_cookie
                cookie::the_cookie_from_before_a_sign_in_is_useless_after_it
                cookie::signing_out_removes_the_cookie_and_makes_a_copy_useless
                devices::signing_out_all_other_devices_ends_the_session_in_another_browser
                devices::a_device_can_sign_out_another
                foreign::a_form_on_another_site_is_sent_without_the_cookie
                foreign::a_form_on_another_site_cannot_sign_anyone_out
                foreign::a_link_on_another_site_is_followed_with_the_cookie
                foreign::a_fetch_from_another_site_cannot_read_or_change_the_session
                foreign::a_frame_on_another_site_cannot_read_or_change_the_session
                forms::visits_count_one_by_one
                forms::a_cart_is_filled_and_emptied
                forms::a_message_is_shown_once
                forms::a_form_with_a_forged_token_is_refused
                forms::a_form_that_was_open_before_a_sign_out_is_refused
                tabs::visits_in_two_tabs_at_once_all_count
                tabs::items_added_in_two_tabs_at_once_are_all_in_the_cart
            }
        })+
    };
}

/// Expands to a test for each story.
macro_rules! told_on {
    ($framework:ident, $store:expr; $($topic:ident::$story:ident)+) => { $(
        #[tokio::test]
        #[ignore = "needs Chromium: cargo xtask browser"]
        async fn $story() {
            let stage = crate::stage::Stage::new(stringify!($framework), &$store).await;
            crate::stage::tell(stage, module_path!(), stringify!($story), crate::$topic::$story).await;
        }
    )+ };
}

on_each! {
    axum: axum, crate::stage::SQLITE;
    warp: warp, crate::stage::SQLITE;
    rocket: rocket, crate::stage::SQLITE;
    postgres: axum, crate::database::postgres();
    redis: axum, crate::database::redis();
}

#[test]
fn every_framework_of_the_program_has_the_stories() {
    let folder = tempfile::tempdir().unwrap();
    let help = program::run(folder.path(), &["--help"]).stdout;
    let offered = help.split_once("[possible values: ").unwrap().1.split_once(']').unwrap().0;
    assert_eq!(offered.split(", ").collect::<BTreeSet<_>>(), FRAMEWORKS.iter().copied().collect());
}
