//! The header in which a driver shows the notice that an adapter has left for the application.

use session_core::adapter::Notice;

/// The name of the header.
pub(crate) const NOTICE: &str = "session-notice";

/// Returns the header by which a driver shows a notice: its name, and its value.
///
/// An adapter keeps a [`Notice`] within the program, for example in the response's extensions, and a story sees only what comes over
/// TCP. So the driver takes it from where the adapter has put it, outside the adapter's layer, as a middleware of the application
/// would, and appends this header to the response.
///
/// ```
/// use session_core::adapter::Notice;
/// use session_testkit::stories::notice_header;
///
/// assert_eq!(notice_header(Notice::ChangesDropped), ("session-notice", "changes-dropped"));
/// ```
#[must_use]
pub fn notice_header(notice: Notice) -> (&'static str, &'static str) {
    let value = match notice {
        Notice::ChangesDropped => "changes-dropped",
        Notice::SignInSuperseded => "sign-in-superseded",
        // A later release of session-core may have more of them.
        _ => "unknown",
    };
    (NOTICE, value)
}
