//! What a page or a form answers, before a framework puts it into a response.

use askama::Template;

/// An answer.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A page of HTML.
    Page { status: u16, html: String },
    /// The form is done: look there (303, so that a reload does not send it again).
    SeeOther(&'static str),
}

impl Answer {
    /// The page as it should be.
    pub(crate) fn page(template: &impl Template) -> Self {
        Self::page_with(200, template)
    }

    /// A page that says what is amiss.
    pub(crate) fn page_with(status: u16, template: &impl Template) -> Self {
        let html = template.render().expect("a page of plain values always renders");
        Self::Page { status, html }
    }
}

/// Nothing private is kept by any cache, so the back button shows nothing after a sign-out.
pub(crate) const PAGE_CACHE_CONTROL: &str = "no-store";

/// The headers of every response (but the one that Rocket makes by itself of a request that it cannot read): nothing from elsewhere, no frame around us, no guessed types, no address given away.
pub(crate) const SECURITY_HEADERS: [(&str, &str); 3] = [
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
];
