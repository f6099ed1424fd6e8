//! The list of stories, written once.

#![allow(clippy::unwrap_used, reason = "what is unwrapped in a story fails the story, as it should")]

use super::story::Story;

mod calls;
mod cookie_tossing;
mod csrf;
mod devices;
mod error_responses;
mod exclusive;
mod expiry;
mod fixation;
mod flood;
mod hang_up;
mod headers;
mod increments;
mod log_in_twice;
mod log_out_races;
mod merging;
mod methods;
mod missing_layer;
mod names;
mod notices;
mod outage;
mod panics;
mod read_only;
mod renewals;
mod secrecy;
mod secret_rotation;
mod shared_cache;
mod streaming;
mod typed_keys;

/// Hands the list to another macro, behind that one's own arguments: the groups, each with its reason, and the stories, each with its
/// id. An id is never given to another story.
#[doc(hidden)]
#[macro_export]
macro_rules! __http_stories {
    ($form:ident $($args:tt)*) => {
        $crate::$form! {
            ($($args)*)
            calls "a request costs the store what it must, and a visitor without a session nothing" {
                "HTTP-CALLS-001" a_request_that_does_not_ask_for_its_session_calls_nothing;
                "HTTP-CALLS-002" reading_is_one_load;
                "HTTP-CALLS-003" writing_is_a_load_and_an_update;
                "HTTP-CALLS-004" a_new_session_is_one_create;
                "HTTP-CALLS-005" a_visitor_who_only_reads_costs_nothing_and_gets_no_cookie;
                "HTTP-CALLS-006" what_leaves_a_new_session_empty_costs_nothing_and_gives_no_cookie;
                "HTTP-CALLS-007" a_log_in_is_a_load_and_a_rename;
                "HTTP-CALLS-008" a_log_in_without_an_earlier_session_is_one_create;
                "HTTP-CALLS-009" a_renewal_is_a_load_and_a_rename;
                "HTTP-CALLS-010" a_log_out_that_does_not_load_is_one_delete;
                "HTTP-CALLS-011" a_log_out_of_a_loaded_session_is_a_load_and_a_delete;
                "HTTP-CALLS-012" a_log_out_that_leaves_a_message_is_a_load_and_a_rename;
                "HTTP-CALLS-013" reading_when_the_reissue_is_due_is_a_load_and_a_touch;
                "HTTP-CALLS-014" a_request_that_does_not_ask_calls_nothing_even_if_the_reissue_is_due;
                "HTTP-CALLS-015" writing_when_the_reissue_is_due_is_still_a_load_and_an_update;
                "HTTP-CALLS-016" each_lost_comparison_costs_one_call_more;
                "HTTP-CALLS-017" a_log_out_never_loses_a_comparison;
                "HTTP-CALLS-018" a_session_that_is_gone_costs_no_call_more;
                "HTTP-CALLS-019" several_extractors_of_one_request_load_once;
                "HTTP-CALLS-020" what_one_extractor_changes_the_others_see_and_it_is_saved_once;
                "HTTP-CALLS-021" the_devices_are_a_load_and_a_call_of_the_index;
                "HTTP-CALLS-022" a_cookie_whose_session_is_gone_costs_one_load;
            }
            methods "a session does not depend on how it is asked for" {
                "HTTP-METHODS-001" head_has_the_head_of_get_and_costs_the_same;
                "HTTP-METHODS-002" what_head_changes_is_saved;
                "HTTP-METHODS-003" a_304_saves_the_session_and_varies;
                "HTTP-METHODS-004" a_304_that_sets_a_cookie_is_private;
                "HTTP-METHODS-005" a_redirect_that_signs_in_sets_its_cookie;
            }
            headers "caches and browsers are told what they must know (CVE-2023-30861; ASVS 5.0, 3.3.1 to 3.3.4)" {
                "HTTP-HEADERS-001" the_hardened_cookie_has_all_its_attributes;
                "HTTP-HEADERS-002" a_removal_repeats_the_attributes;
                "HTTP-HEADERS-003" the_options_attributes_are_sent_and_repeated_by_the_removal;
                "HTTP-HEADERS-004" vary_is_merged_with_what_the_application_says;
                "HTTP-HEADERS-005" an_untouched_response_is_left_as_it_is;
                "HTTP-HEADERS-006" a_response_that_sets_a_cookie_is_private_and_keeps_the_other_directives;
                "HTTP-HEADERS-007" a_response_that_removes_the_cookie_is_private_too;
                "HTTP-HEADERS-008" a_response_without_a_cookie_keeps_its_cache_control;
                "HTTP-HEADERS-009" a_cookie_of_the_applications_own_stays_beside_ours;
                "HTTP-HEADERS-010" every_way_to_read_a_session_makes_the_response_vary_with_or_without_a_cookie;
                "HTTP-HEADERS-011" each_extractor_alone_makes_the_response_vary;
            }
            shared_cache "no cache shows one user another's page (CVE-2023-30861)" {
                "HTTP-CACHE-001" a_page_that_has_nothing_to_do_with_the_session_is_shared;
                "HTTP-CACHE-002" nobody_sees_anothers_page;
                "HTTP-CACHE-003" a_strangers_page_is_not_shown_to_a_user;
                "HTTP-CACHE-004" a_cookie_that_a_page_sets_is_given_to_one_visitor_alone;
                "HTTP-CACHE-005" a_reissued_cookie_is_given_to_its_owner_alone;
            }
            expiry "idle and absolute limits hold (ASVS 5.0, 7.3.1 and 7.3.2)" {
                "HTTP-EXPIRY-001" a_cookie_that_timed_out_is_none_without_asking_the_store;
                "HTTP-EXPIRY-002" a_record_that_timed_out_is_none_though_the_cookie_still_holds;
                "HTTP-EXPIRY-003" a_session_in_use_does_not_time_out;
                "HTTP-EXPIRY-004" the_cookie_is_reissued_after_120_seconds_and_not_before;
                "HTTP-EXPIRY-005" a_write_sends_no_cookie_before_the_reissue_is_due_but_moves_the_records_deadline;
                "HTTP-EXPIRY-006" without_a_reissue_time_the_session_ends_however_much_it_is_used;
                "HTTP-EXPIRY-007" without_a_timeout_a_session_lives_until_it_is_ended;
                "HTTP-EXPIRY-008" the_absolute_limit_ends_a_session_in_use;
                "HTTP-EXPIRY-009" a_renewal_does_not_move_the_absolute_limit_and_a_sign_in_does;
                "HTTP-EXPIRY-010" a_shorter_absolute_limit_holds_from_the_restart_on;
                "HTTP-EXPIRY-011" a_timeout_of_its_own_outlives_the_factorys_and_the_browser;
                "HTTP-EXPIRY-012" a_shorter_timeout_of_its_own_ends_the_session_sooner;
                "HTTP-EXPIRY-013" the_absolute_limit_ends_a_session_with_a_timeout_of_its_own_too;
                "HTTP-EXPIRY-014" a_session_that_timed_out_begins_again_under_a_fresh_id;
                "HTTP-EXPIRY-015" the_cookie_of_a_session_that_timed_out_is_not_removed;
                "HTTP-EXPIRY-016" the_clock_is_read_again_when_the_session_is_saved;
                "HTTP-EXPIRY-017" a_session_from_a_clock_that_was_ahead_times_out_after_its_next_request;
            }
            merging "no update is lost when two requests change one session at once" {
                "HTTP-MERGE-001" two_tabs_that_set_different_values_both_keep_theirs;
                "HTTP-MERGE-002" of_two_tabs_that_set_one_value_the_later_wins;
                "HTTP-MERGE-003" a_value_removed_in_one_tab_stays_removed_when_the_other_sets_another;
                "HTTP-MERGE-004" two_increments_both_count;
                "HTTP-MERGE-005" flash_messages_of_two_requests_both_arrive;
                "HTTP-MERGE-006" a_message_that_comes_while_others_are_taken_stays_for_the_next_time;
                "HTTP-MERGE-007" a_message_that_two_requests_take_is_not_taken_for_another;
                "HTTP-MERGE-008" an_untouched_owner_label_and_timeout_survive_the_other_tabs_write;
                "HTTP-MERGE-009" a_renewal_takes_along_what_the_other_tab_has_just_written;
                "HTTP-MERGE-010" a_change_that_does_not_go_with_the_newer_value_is_an_error_and_overwrites_nothing;
            }
            increments "no update is lost when two requests change one session at once" {
                "HTTP-COUNT-001" two_hundred_requests_at_once_that_count_make_two_hundred;
            }
            log_out_races "nothing brings a session back that was ended (CVE-2025-46336; ASVS 5.0, 7.4.1)" {
                "HTTP-LOGOUT-001" a_slow_writer_does_not_bring_back_a_session_that_was_logged_out;
                "HTTP-LOGOUT-002" a_writer_whose_handler_is_done_does_not_bring_it_back_either;
                "HTTP-LOGOUT-003" a_reader_that_would_reissue_the_cookie_does_not_bring_it_back;
                "HTTP-LOGOUT-004" a_log_out_with_the_old_cookie_ends_what_a_renewal_has_just_made_of_it;
                "HTTP-LOGOUT-005" a_log_out_that_began_before_a_renewal_ends_what_the_renewal_makes;
                "HTTP-LOGOUT-006" a_renewal_that_began_before_a_log_out_makes_nothing;
                "HTTP-LOGOUT-007" a_log_out_ends_the_session_after_several_renewals;
                "HTTP-LOGOUT-008" a_log_out_that_leaves_a_message_ends_what_a_renewal_made_and_keeps_just_the_message;
                "HTTP-LOGOUT-009" a_log_out_with_the_old_cookie_that_leaves_a_message_ends_the_renewed_session_too;
                "HTTP-LOGOUT-010" a_log_out_without_a_session_costs_nothing_and_leaves_no_message;
                "HTTP-LOGOUT-011" a_log_out_while_a_writer_is_busy_ends_also_what_it_has_written;
                "HTTP-LOGOUT-012" a_log_out_and_what_is_written_before_it_in_one_request_is_a_log_out;
                "HTTP-LOGOUT-013" a_session_that_expires_under_a_slow_writer_does_not_come_back;
                "HTTP-LOGOUT-014" a_revoked_device_that_is_just_writing_does_not_come_back;
                "HTTP-LOGOUT-015" what_is_written_after_an_unloaded_sign_out_begins_another_session;
            }
            log_in_twice "a log-in that is sent twice is one log-in, and nobody gets another's" {
                "HTTP-LOGIN-001" a_form_sent_twice_at_once_signs_in_whichever_response_comes_last;
                "HTTP-LOGIN-002" a_form_whose_twin_has_just_signed_in_is_refused_and_harms_nothing;
                "HTTP-LOGIN-003" without_a_token_a_twin_that_loads_after_the_first_renewed_signs_in_whichever_response_comes_last;
                "HTTP-LOGIN-004" a_log_in_whose_answer_was_lost_can_be_repeated;
                "HTTP-LOGIN-005" two_users_at_once_from_one_session_each_get_their_own;
                "HTTP-LOGIN-006" two_users_at_once_from_a_third_ones_session_each_get_their_own;
                "HTTP-LOGIN-007" a_log_in_beside_a_plain_renewal_is_not_lost;
                "HTTP-LOGIN-008" a_log_in_that_loses_to_a_log_out_begins_a_session_with_nothing_older;
            }
            exclusive "a user who may have one session has exactly one" {
                "HTTP-EXCLUSIVE-001" an_exclusive_sign_in_ends_the_users_other_sessions;
                "HTTP-EXCLUSIVE-002" of_two_exclusive_sign_ins_at_once_exactly_one_stays;
                "HTTP-EXCLUSIVE-003" of_eight_exclusive_sign_ins_at_once_exactly_one_stays;
                "HTTP-EXCLUSIVE-004" an_exclusive_sign_in_whose_list_fails_is_a_503_without_a_cookie;
            }
            renewals "a change that a renewal in another tab has cost is told to somebody" {
                "HTTP-RENEWAL-001" a_handler_can_tell_a_session_that_was_renewed_elsewhere_from_none;
                "HTTP-RENEWAL-002" a_change_that_loses_to_a_renewal_is_a_409_with_the_option;
            }
            notices "an application learns of an outcome that its handler could not know of" {
                "HTTP-NOTICE-001" a_change_that_loses_to_a_renewal_is_in_a_notice;
                "HTTP-NOTICE-002" an_exclusive_sign_in_that_was_superseded_is_in_a_notice;
                "HTTP-NOTICE-003" an_ordinary_response_has_no_notice;
            }
            fixation "ids come from the library alone, and a log-in changes them (CVE-2024-38513; ASVS 5.0, 7.2.4)" {
                "HTTP-FIXATION-001" after_a_log_in_with_a_planted_cookie_the_attacker_has_nothing;
                "HTTP-FIXATION-002" what_the_attacker_goes_on_to_write_with_the_planted_cookie_does_not_reach_the_victim;
                "HTTP-FIXATION-003" a_log_in_again_renews_the_id_and_the_token_too;
                "HTTP-FIXATION-004" a_log_in_over_another_users_session_keeps_nothing_of_it;
                "HTTP-FIXATION-005" a_log_in_keeps_what_the_visitor_had;
                "HTTP-FIXATION-006" a_foreign_value_is_never_adopted;
                "HTTP-FIXATION-007" a_signed_id_that_the_store_does_not_know_is_never_adopted;
                "HTTP-FIXATION-008" the_id_of_a_session_that_ended_is_never_used_again;
                "HTTP-FIXATION-009" two_factories_with_one_secret_and_one_store_do_not_take_each_others_cookies;
                "HTTP-FIXATION-010" whatever_bytes_the_cookie_is_its_id_is_not_adopted;
            }
            cookie_tossing "no other host and no other name passes for the cookie (CVE-2020-7070, CVE-2023-23934)" {
                "HTTP-TOSSING-001" garbage_before_or_after_the_good_cookie_does_not_hide_it;
                "HTTP-TOSSING-002" of_two_valid_cookies_the_one_sent_last_counts;
                "HTTP-TOSSING-003" a_cookie_that_timed_out_does_not_hide_the_good_one;
                "HTTP-TOSSING-004" five_cookies_are_tried_and_no_more;
                "HTTP-TOSSING-005" a_cookie_longer_than_any_browser_keeps_is_not_even_counted;
                "HTTP-TOSSING-006" cookies_in_several_headers_count_as_in_one;
                "HTTP-TOSSING-007" a_log_out_ends_the_session_that_the_good_cookie_names;
                "HTTP-TOSSING-008" no_other_name_passes_for_ours;
                "HTTP-TOSSING-009" a_neighbour_cannot_toss_the_hardened_cookie;
                "HTTP-TOSSING-010" garbage_tossed_from_a_parent_domain_does_not_sign_out;
                "HTTP-TOSSING-011" who_signs_in_over_a_tossed_session_has_one_that_the_neighbour_does_not_know;
                "HTTP-TOSSING-012" bytes_that_are_no_text_do_not_hide_the_good_cookie;
            }
            csrf "a form proves that it is ours (ASVS 5.0, 3.5.1)" {
                "HTTP-CSRF-001" a_stored_sessions_token_needs_no_write_and_stays_the_same;
                "HTTP-CSRF-002" a_new_sessions_token_stores_it_and_holds;
                "HTTP-CSRF-003" parallel_requests_have_the_same_token;
                "HTTP-CSRF-004" a_write_in_between_does_not_change_the_token;
                "HTTP-CSRF-005" a_renewal_a_sign_in_and_an_end_change_the_token;
                "HTTP-CSRF-006" a_token_asked_for_in_the_request_that_renews_is_the_new_ones;
                "HTTP-CSRF-007" a_token_holds_for_the_session_that_a_lost_race_leaves;
                "HTTP-CSRF-008" wrong_truncated_and_foreign_tokens_are_refused;
                "HTTP-CSRF-009" the_empty_token_is_refused;
            }
            devices "users see their sessions and end them (ASVS 5.0, 7.4.3 and 7.5.2)" {
                "HTTP-DEVICES-001" the_list_has_all_sessions_of_the_owner_with_the_current_one_marked_and_no_others;
                "HTTP-DEVICES-002" the_device_used_last_comes_first;
                "HTTP-DEVICES-003" a_session_that_ended_or_timed_out_is_not_in_the_list;
                "HTTP-DEVICES-004" a_renewal_keeps_the_session_in_the_list_once;
                "HTTP-DEVICES-005" a_revoked_device_is_signed_out_and_no_other;
                "HTTP-DEVICES-006" the_handle_of_anothers_device_ends_nothing;
                "HTTP-DEVICES-007" revoking_the_others_leaves_this_one_and_other_owners_alone;
                "HTTP-DEVICES-008" revoking_the_current_device_signs_out_and_removes_the_cookie;
                "HTTP-DEVICES-009" a_changed_password_signs_out_everywhere_else_in_the_request_that_changes_it;
                "HTTP-DEVICES-010" revoking_the_others_beside_a_renewal_of_this_one_leaves_this_one_alone;
                "HTTP-DEVICES-011" nobody_has_no_devices;
                "HTTP-DEVICES-012" nothing_that_a_page_shows_of_a_device_or_prints_of_a_handle_is_an_id_or_a_key;
            }
            secret_rotation "a secret can be changed, and the new one signs (CVE-2025-47278; ASVS 5.0, 7.2.2)" {
                "HTTP-SECRET-001" a_cookie_of_the_old_secret_works_and_is_signed_anew_when_it_is_next_sent;
                "HTTP-SECRET-002" a_renewal_and_a_sign_in_sign_with_the_new_secret;
                "HTTP-SECRET-003" a_factory_that_does_not_accept_the_old_secret_refuses_its_cookies;
                "HTTP-SECRET-004" the_old_factory_refuses_what_the_new_secret_signed;
                "HTTP-SECRET-005" a_form_that_was_sent_out_under_the_old_secret_still_counts;
            }
            secrecy "no id, key, secret or payload gets into a trace (CVE-2023-20866; ASVS 5.0, 16.2.5)" {
                "HTTP-SECRECY-001" a_day_of_requests_leaves_no_secret_in_any_trace;
                "HTTP-SECRECY-002" the_capture_sees_what_a_crate_would_trace_and_knows_the_secrets;
            }
            flood "probes and crawlers fill no store (CVE-2015-5143)" {
                "HTTP-FLOOD-001" requests_without_a_good_cookie_write_nothing_and_get_no_cookie;
                "HTTP-FLOOD-002" cookies_of_sessions_that_are_gone_write_nothing_either;
                "HTTP-FLOOD-003" bytes_that_are_no_text_are_no_cookie;
            }
            outage "an outage is never silent, and harms no session" {
                "HTTP-OUTAGE-001" without_a_load_the_handler_does_not_run_and_the_answer_is_a_bare_503;
                "HTTP-OUTAGE-002" a_handler_that_hides_a_failed_load_still_answers_503;
                "HTTP-OUTAGE-003" a_visitor_without_a_cookie_does_not_notice_that_loads_fail;
                "HTTP-OUTAGE-004" a_failed_save_is_a_bare_503_without_a_cookie_and_harms_nothing;
                "HTTP-OUTAGE-005" a_failed_create_is_a_bare_503_without_a_cookie_or_a_row;
                "HTTP-OUTAGE-006" nothing_of_the_handlers_answer_is_left_in_a_failed_save;
                "HTTP-OUTAGE-007" a_failed_touch_costs_only_the_cookie;
                "HTTP-OUTAGE-008" when_the_answer_is_lost_it_is_503_without_a_cookie_and_the_call_is_not_repeated;
                "HTTP-OUTAGE-009" after_the_lost_answer_of_a_renewal_the_browser_is_signed_out_rather_than_in;
                "HTTP-OUTAGE-010" a_failed_device_list_is_the_handlers_to_answer;
                "HTTP-OUTAGE-011" a_session_that_cannot_be_read_is_a_503_and_never_an_empty_one;
                "HTTP-OUTAGE-012" a_session_that_cannot_be_read_can_still_be_ended;
                "HTTP-OUTAGE-013" a_store_without_room_refuses_a_new_session_and_ends_none_for_it;
            }
            error_responses "an error response does to the session what set_on_exception says" {
                "HTTP-ERROR-001" an_error_response_saves_if_it_is_to;
                "HTTP-ERROR-002" an_error_response_saves_nothing_if_it_is_not_to;
                "HTTP-ERROR-003" an_error_response_that_is_not_to_save_leaves_no_row_of_a_newcomer;
                "HTTP-ERROR-004" an_error_response_that_is_not_to_save_does_not_reissue_the_cookie;
                "HTTP-ERROR-005" an_error_response_still_ends_the_session_and_leaves_the_cookie_if_it_is_not_to_save;
                "HTTP-ERROR-006" an_error_response_ends_the_session_with_its_cookie_if_it_is_to_save;
                "HTTP-ERROR-007" what_is_no_error_of_ours_saves_whatever_the_option;
                "HTTP-ERROR-008" an_error_response_varies_if_the_session_was_read;
            }
            panics "a handler that panics has changed nothing" {
                "HTTP-PANIC-001" a_panic_has_changed_nothing;
                "HTTP-PANIC-002" a_panic_leaves_nothing_of_a_newcomer;
                "HTTP-PANIC-003" a_panic_when_the_reissue_is_due_sends_no_cookie;
                "HTTP-PANIC-004" a_handle_that_outlives_a_panic_can_change_nothing_that_is_saved;
                "HTTP-PANIC-005" a_panic_in_a_task_that_holds_a_handle_takes_the_changes_with_it_though_the_handler_goes_on;
            }
            hang_up "a session is as before a request or as after it, whoever hangs up" {
                "HTTP-HANGUP-001" a_hang_up_while_the_handler_runs_leaves_the_session_as_it_was;
                "HTTP-HANGUP-002" a_hang_up_while_the_session_is_saved_does_not_stop_the_save;
                "HTTP-HANGUP-003" a_hang_up_while_another_request_comes_first_still_saves_on_top_of_it;
                "HTTP-HANGUP-004" a_hang_up_while_the_session_is_ended_ends_it;
                "HTTP-HANGUP-005" a_hang_up_while_a_session_is_created_leaves_it_to_expire_and_nobody_has_its_cookie;
                "HTTP-HANGUP-006" a_hang_up_while_the_session_is_loaded_leaves_it_as_it_was;
            }
            streaming "what is changed is saved before the head goes out, or refused" {
                "HTTP-STREAM-001" the_session_is_saved_before_the_head_goes_out;
                "HTTP-STREAM-002" a_new_sessions_cookie_is_in_the_head_of_a_streamed_response;
                "HTTP-STREAM-003" a_hang_up_while_the_body_streams_leaves_what_was_saved;
                "HTTP-STREAM-004" a_stream_can_read_the_session_and_learns_that_it_can_no_longer_change_it;
                "HTTP-STREAM-005" a_log_out_from_a_stream_comes_too_late_and_says_so;
                "HTTP-STREAM-006" a_task_that_outlives_the_response_learns_it_too;
            }
            typed_keys "a value of another type is an error, never taken for absent" {
                "HTTP-TYPES-001" typed_keys_read_what_they_wrote;
                "HTTP-TYPES-002" a_value_of_another_type_is_a_500_that_names_the_key_and_not_the_value;
                "HTTP-TYPES-003" a_failed_change_is_none;
                "HTTP-TYPES-004" a_value_without_a_json_form_is_an_error_that_names_the_key;
                "HTTP-TYPES-005" an_error_response_to_a_value_of_another_type_does_not_prolong_the_session;
            }
            read_only "a page that asks by itself keeps no session alive" {
                "HTTP-READONLY-001" a_page_that_polls_does_not_keep_the_session_alive;
                "HTTP-READONLY-002" a_page_that_polls_learns_of_an_outage_as_any_other;
            }
            missing_layer "a mistake in the set-up says what to do about it" {
                "HTTP-LAYER-001" every_extractor_answers_500_with_the_remedy;
                "HTTP-LAYER-002" a_route_that_asks_for_no_session_needs_no_layer;
            }
            names "a site and its admin area have sessions of their own in one program" {
                "HTTP-NAMES-001" a_handler_that_changes_both_sessions_sends_both_cookies;
                "HTTP-NAMES-002" a_handler_that_asks_for_one_session_costs_the_other_store_nothing;
                "HTTP-NAMES-003" a_sign_in_to_one_is_no_sign_in_to_the_other;
                "HTTP-NAMES-004" a_log_out_of_one_leaves_the_other;
                "HTTP-NAMES-005" if_either_session_cannot_be_saved_neither_cookie_is_sent;
                "HTTP-NAMES-006" after_a_failed_save_of_one_both_sessions_can_be_used;
                "HTTP-NAMES-007" a_name_without_a_factory_is_an_error_that_says_the_name;
                "HTTP-NAMES-008" a_change_to_either_session_that_loses_to_a_renewal_is_in_a_notice;
            }
        }
    };
}

/// The list as values.
#[doc(hidden)]
#[macro_export]
macro_rules! __http_stories_as_values {
    (() $($group:ident $why:literal { $($id:literal $name:ident;)* })*) => {
        /// All stories.
        pub static STORIES: &[Story] = &[$($(Story {
            id: $id,
            group: stringify!($group),
            name: stringify!($name),
            why: $why,
            run: |on| Box::pin($group::$name(on)),
        },)*)*];
    };
}

crate::__http_stories!(__http_stories_as_values);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_stories_have_one_id() {
        let ids: HashSet<_> = STORIES.iter().map(|story| story.id).collect();
        assert_eq!(ids.len(), STORIES.len());
    }
}
