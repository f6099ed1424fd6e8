//! A minimal browser, which sends requests, keeps cookies and reads pages.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The longest wait for a response.
const PATIENCE: Duration = Duration::from_secs(30);
const FORM: &str = "application/x-www-form-urlencoded";

/// A browser. A clone gets a copy of the cookies.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
    agent: &'static str,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self::called("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    }

    pub(crate) fn called(agent: &'static str) -> Self {
        Self { cookies: BTreeMap::new(), agent }
    }

    pub(crate) fn get(&mut self, site: SocketAddr, path: &str) -> Page {
        self.request(site, "GET", path, &[]).unwrap()
    }

    /// Sends a form with exactly these fields.
    pub(crate) fn post(&mut self, site: SocketAddr, path: &str, fields: &[(&str, &str)]) -> Page {
        self.request(site, "POST", path, fields).unwrap()
    }

    /// Sends a form with the CSRF token of the page, and follows the redirect.
    pub(crate) fn submit(
        &mut self,
        site: SocketAddr,
        page: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Page {
        let csrf = self.get(site, page).csrf();
        let fields: Vec<_> = [("csrf", csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
        let answer = self.post(site, action, &fields);
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.get(site, answer.header("location").unwrap())
    }

    pub(crate) fn sign_in(&mut self, site: SocketAddr, name: &str) -> Page {
        self.submit(site, "/sign-in", "/sign-in", &[("name", name)])
    }

    /// Returns the name of the signed-in user, or `None` if nobody is signed in.
    pub(crate) fn owner(&mut self, site: SocketAddr) -> Option<String> {
        self.get(site, "/").between("Signed in as ", "\"").map(str::to_owned)
    }

    /// Returns the count that the home page shows.
    pub(crate) fn visits(&mut self, site: SocketAddr) -> u32 {
        self.get(site, "/").text("visits").parse().unwrap()
    }

    /// Sends a request on a new connection. Fails if the response is incomplete.
    pub(crate) fn request(
        &mut self,
        site: SocketAddr,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> io::Result<Page> {
        let body = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect::<Vec<_>>()
            .join("&");
        self.exchange(site, method, path, (FORM, &body))
    }

    /// Posts a body that a form would not send.
    pub(crate) fn send(&mut self, site: SocketAddr, path: &str, media_type: &str, body: &str) -> Page {
        self.exchange(site, "POST", path, (media_type, body)).unwrap()
    }

    fn exchange(
        &mut self,
        site: SocketAddr,
        method: &str,
        path: &str,
        body: (&str, &str),
    ) -> io::Result<Page> {
        let mut stream = TcpStream::connect(site)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(self.text(site, method, path, body).as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let page = Page::parse(&answer, method).ok_or(io::ErrorKind::UnexpectedEof)?;
        page.headers("set-cookie").for_each(|cookie| self.keep(cookie));
        Ok(page)
    }

    fn text(&self, site: SocketAddr, method: &str, path: &str, (media_type, body): (&str, &str)) -> String {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {site}\r\nUser-Agent: {}\r\nConnection: close\r\n",
            self.agent
        );
        if !cookies.is_empty() {
            head += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        if method == "POST" {
            head += &format!("Content-Type: {media_type}\r\nContent-Length: {}\r\n", body.len());
        }
        format!("{head}\r\n{body}")
    }

    fn keep(&mut self, cookie: &str) {
        let (name, rest) = cookie.split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        if cookie.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Page {
    fn parse(bytes: &[u8], method: &str) -> Option<Self> {
        let (head, body) = std::str::from_utf8(bytes).ok()?.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let page = Self { status, headers, body: body.to_owned() };
        let length = page.header("content-length").filter(|_| method != "HEAD");
        length.is_none_or(|length| length.parse() == Ok(page.body.len())).then_some(page)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Returns the CSRF token in the forms of the page.
    pub(crate) fn csrf(&self) -> String {
        self.between(r#"name="csrf" value=""#, "\"").unwrap().to_owned()
    }

    /// Returns the text of the element with this id, up to the next tag.
    pub(crate) fn text(&self, id: &str) -> &str {
        self.between(&format!("id=\"{id}\">"), "<")
            .unwrap_or_else(|| panic!("there is no element {id:?} in {}", self.body))
    }

    pub(crate) fn says(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    pub(crate) fn between(&self, before: &str, after: &str) -> Option<&str> {
        Some(self.body.split_once(before)?.1.split_once(after)?.0)
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
