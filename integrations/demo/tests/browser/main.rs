//! The site in a real browser: Chromium, over https, on each framework.
//!
//! `cargo xtask browser` runs these stories; they need Chromium, so `cargo test` alone shows them as ignored.

#![cfg(unix)] // So is what it shares with the tests of the program.
#![allow(clippy::unwrap_used, reason = "what a test builds on panics like the test itself")]

mod browser;
mod chromium;
mod devtools;
#[path = "../site/program.rs"]
#[allow(dead_code, reason = "the other tests also stop it, and run it to its end")]
mod program;
mod stage;
mod tls;

// No stories.
mod pictures;

// The stories, by topic.
mod account;
mod back;
mod cookie;
mod devices;
mod foreign;
mod forms;
mod tabs;

/// The frameworks, each of which is told all stories.
macro_rules! on_each_framework {
    ($($framework:ident)+) => {
        const FRAMEWORKS: &[&str] = &[$(stringify!($framework)),+];
        $(mod $framework {
            told_on! { $framework:
                account::signing_in_greets_the_visitor
                account::staying_signed_in_gives_the_cookie_an_expiry
                account::signing_out_forgets_the_visitor
                back::after_a_sign_out_the_back_button_shows_no_private_page
                back::a_page_left_open_in_another_tab_is_not_shown_again_after_a_sign_out
                cookie::the_cookie_is_bound_to_the_host_and_goes_over_https_alone
                cookie::a_script_sees_no_cookie
                cookie::who_only_looks_gets_no_cookie
                cookie::the_cookie_from_before_a_sign_in_opens_nothing_after_it
                cookie::signing_out_removes_the_cookie_and_a_copy_opens_nothing
                devices::signing_out_all_others_ends_the_session_in_another_browser
                devices::one_device_is_signed_out_from_another
                foreign::a_form_on_another_site_comes_without_the_cookie
                foreign::a_form_on_another_site_signs_nobody_out
                foreign::a_link_on_another_site_comes_with_the_cookie
                foreign::a_fetch_from_another_site_shows_and_changes_no_session
                foreign::a_frame_on_another_site_shows_and_changes_no_session
                forms::visits_count_one_by_one
                forms::a_cart_is_filled_and_emptied
                forms::a_message_is_shown_once
                forms::a_form_with_a_forged_token_is_refused
                forms::a_form_that_was_open_before_a_sign_out_is_refused
                tabs::visits_in_two_tabs_at_once_all_count
                tabs::what_two_tabs_put_into_the_cart_is_both_in_it
            }
        })+
    };
}

/// One test for each story.
macro_rules! told_on {
    ($framework:ident: $($topic:ident::$story:ident)+) => { $(
        #[tokio::test]
        #[ignore = "needs Chromium: cargo xtask browser"]
        async fn $story() {
            crate::stage::tell(stringify!($framework), stringify!($story), crate::$topic::$story).await;
        }
    )+ };
}

on_each_framework! { axum warp rocket }

#[test]
fn no_framework_that_the_program_offers_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let help = program::run(folder.path(), &["--help"]).stdout;
    let offered = help.split_once("[possible values: ").unwrap().1.split_once(']').unwrap().0;
    assert_eq!(offered.split(", ").collect::<Vec<_>>(), FRAMEWORKS);
}
