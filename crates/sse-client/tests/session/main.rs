//! `Session` on a virtual clock: nothing here sleeps.
//!
//! Faults that published clients have, and what shows that this one has not:
//!
//! | fault | test |
//! |---|---|
//! | no jitter, or none on the first retry | `herd`, `backoff::tests::jitter_is_added_to_the_first_wait_too_…` |
//! | the retry counter never resets | `reconnection::failures_in_a_row_are_limited` |
//! | a connection that delivered nothing resets the backoff | `reconnection::a_connection_that_delivered_nothing_…` |
//! | the limit of retries is ignored | `reconnection::{failures_in_a_row,reconnections}_are_limited` |
//! | `retry: 0` is a busy loop | `reconnection::retry_zero_is_no_busy_loop` |
//! | id-only and retry-only blocks are ignored | `resumption::the_last_event_id_…`, `reconnection::retry_counts_…` |
//! | the last event ID is lost on reconnection | `resumption::the_last_event_id_is_sent_and_kept` |
//! | an empty `Last-Event-ID` is sent | `resumption::the_last_event_id_is_sent_and_kept` |
//! | the id of an unfinished event is taken | `resumption::the_id_of_an_unfinished_event_is_not_taken` |
//! | an id with a control character stops the client | `resumption::an_id_that_no_header_can_hold_…` |
//! | so does one with a space at its end, over HTTP/2 | `resumption::whitespace_around_an_id_is_not_sent` |
//! | so does one as long as a header may not be | `resumption::an_id_that_servers_refuse_as_too_long_…` |
//! | 204 reconnects | `responses::only_200_opens` |
//! | `text/html` is accepted | `responses::another_content_type_fails_and_is_named` |
//! | memory is unbounded | `reconnection::an_event_that_is_too_large_…`, `responses::the_name_of_a_wrong_type_…` |
//! | a failed `POST` is sent again | `reconnection::once_never_connects_twice` |
//! | an answer that was cut off passes for a whole one | `ending::an_answer_that_was_cut_off_is_noticed` |

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod deadlines;
mod ending;
mod herd;
mod laws;
mod reconnection;
mod responses;
mod resumption;
mod retries;
mod short_way;
mod strategies;
mod support;
