//! What a site with sessions shows to its browsers, worked out from the documentation alone: no store, no signatures, no races.

pub(crate) mod limits;
pub(crate) mod request;
pub(crate) mod visible;

use crate::op::Op;
use crate::program::step::{BROWSERS, Browser, Cookie, Deed, User};
use limits::Millis;
use request::{Came, Contents, Request, Rest};
use visible::{CookieEffect, Devices, Reading, Response, View};

/// A site and its browsers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    now: Millis,
    sessions: Vec<Session>,
    /// All cookies that were ever sent.
    cookies: Vec<Ticket>,
    /// The cookie that each browser has.
    jars: [Option<CookieNumber>; BROWSERS],
}

/// Names a cookie: the first that was sent is zero.
pub(crate) type CookieNumber = usize;

/// A session that was ever stored. Its keys are counted: a renewal goes on to the next.
#[derive(Clone, Debug)]
struct Session {
    life: Life,
    contents: Contents,
    created: Millis,
    used: Millis,
    expires: Millis,
    /// When each of its earlier keys was left.
    left: Vec<Millis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Kept,
    Ended,
}

/// What a cookie says.
#[derive(Clone, Copy, Debug)]
struct Ticket {
    session: usize,
    key: usize,
    renewed: Millis,
    timeout: Option<u32>,
}

/// What is behind a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behind {
    /// There is no cookie, or it has timed out.
    NoTicket,
    /// The session has ended.
    Ended,
    Stored(usize),
    /// A session that was renewed less than a minute ago.
    Moved(usize),
    /// A session that was renewed longer ago. A store may have forgotten that or not.
    Unsure,
}

impl Session {
    fn is_live(&self, now: Millis) -> bool {
        self.life == Life::Kept && now < self.expires
    }

    /// Is touched: its deadline never moves back.
    fn is_used(&mut self, now: Millis) {
        self.expires = self.expires.max(limits::expires(self.created, self.contents.timeout, now));
        self.used = now;
    }
}

impl Model {
    /// Lets time pass.
    pub(crate) fn wait(&mut self, time: Millis) {
        self.now += time;
    }

    /// The cookie that a browser sends, if it sends one. None whose meaning is left to the store.
    pub(crate) fn sent(&self, browser: Browser, cookie: Cookie) -> Option<CookieNumber> {
        let number = match cookie {
            Cookie::Any(number) if number < self.cookies.len() => Some(number),
            Cookie::Own | Cookie::Any(_) => self.jars[browser.0],
        };
        number.filter(|number| self.behind(Some(*number)) != Behind::Unsure)
    }

    /// What a request with these deeds shows.
    pub(crate) fn request(
        &mut self,
        browser: Browser,
        cookie: Option<CookieNumber>,
        deeds: &[Deed],
    ) -> Response {
        let behind = self.behind(cookie);
        let (came, contents) = match behind {
            Behind::Stored(session) => (Came::Stored, self.sessions[session].contents.clone()),
            Behind::Moved(_) => (Came::Moved, Contents::default()),
            Behind::NoTicket | Behind::Ended | Behind::Unsure => (Came::New, Contents::default()),
        };
        let mut request = Request::new(came, contents);
        let mut calls = if behind == Behind::NoTicket { Vec::new() } else { vec![Op::Load] };
        let mut readings = Vec::new();
        for deed in deeds {
            readings.push(match (deed, request.contents.owner) {
                (Deed::RevokeOthers, Some(owner)) => {
                    calls.push(Op::Revoke);
                    self.revoke(owner, behind)
                }
                (deed, _) => request.does(*deed),
            });
        }
        let cookie = self.finish(browser, cookie, behind, &request, &mut calls);
        Response { readings, cookie, calls }
    }

    /// What a sign-out shows that does not load the session.
    pub(crate) fn log_out(&mut self, browser: Browser, cookie: Option<CookieNumber>) -> Response {
        let (calls, cookie) = match self.behind(cookie) {
            Behind::NoTicket => (Vec::new(), CookieEffect::Left),
            Behind::Ended | Behind::Unsure => (vec![Op::Delete], self.removed(browser)),
            Behind::Stored(session) | Behind::Moved(session) => {
                self.sessions[session].life = Life::Ended;
                (vec![Op::Delete], self.removed(browser))
            }
        };
        Response { readings: Vec::new(), cookie, calls }
    }

    /// What a cookie leads to.
    pub(crate) fn view(&self, cookie: Option<CookieNumber>) -> View {
        match self.behind(cookie) {
            Behind::Stored(session) => {
                let Contents { values, messages, owner, .. } = self.sessions[session].contents.clone();
                View { is_stored: true, values, messages, owner }
            }
            Behind::NoTicket | Behind::Ended | Behind::Moved(_) | Behind::Unsure => View::default(),
        }
    }

    /// The sessions of a user.
    pub(crate) fn devices(&self, user: User) -> Devices {
        let owned = self.sessions.iter().filter(|session| session.contents.owner == Some(user));
        let live = owned.filter(|session| session.is_live(self.now));
        let mut devices: Devices = live.map(|session| (session.created, session.used)).collect();
        devices.sort_unstable();
        devices
    }

    /// The cookie that a browser has.
    pub(crate) fn jar(&self, browser: Browser) -> Option<CookieNumber> {
        self.jars[browser.0]
    }

    fn behind(&self, cookie: Option<CookieNumber>) -> Behind {
        let ticket = match cookie.map(|number| self.cookies[number]) {
            Some(ticket) if !limits::has_timed_out(ticket.renewed, ticket.timeout, self.now) => ticket,
            Some(_) | None => return Behind::NoTicket,
        };
        let session = &self.sessions[ticket.session];
        match session.left.get(ticket.key) {
            _ if !session.is_live(self.now) => Behind::Ended,
            None => Behind::Stored(ticket.session),
            Some(left) if limits::is_known(*left, self.now) => Behind::Moved(ticket.session),
            Some(_) => Behind::Unsure,
        }
    }

    /// Ends the owner's sessions but the one behind the request's cookie.
    fn revoke(&mut self, owner: User, behind: Behind) -> Reading {
        let (now, mut live, mut expired) = (self.now, 0, 0);
        for (number, session) in self.sessions.iter_mut().enumerate() {
            let is_excepted = behind == Behind::Stored(number) || behind == Behind::Moved(number);
            if session.life == Life::Ended || session.contents.owner != Some(owner) || is_excepted {
                continue;
            }
            if session.is_live(now) {
                session.life = Life::Ended;
                live += 1;
            } else {
                expired += 1;
            }
        }
        Reading::Ended(live..=live + expired)
    }

    /// Does what is left to do when the handler has returned.
    fn finish(
        &mut self,
        browser: Browser,
        cookie: Option<CookieNumber>,
        behind: Behind,
        request: &Request,
        calls: &mut Vec<Op>,
    ) -> CookieEffect {
        let ticket = cookie.map(|number| self.cookies[number]);
        let timeout = request.contents.timeout;
        let is_due = ticket.is_some_and(|ticket| {
            ticket.timeout != timeout || limits::is_reissue_due(ticket.renewed, timeout, self.now)
        });
        let session = match behind {
            Behind::Stored(session) | Behind::Moved(session) => Some(session),
            Behind::NoTicket | Behind::Ended | Behind::Unsure => None,
        };
        match (request.rest(), session) {
            (Rest::Nothing, _) => CookieEffect::Left,
            (Rest::Touch, Some(_)) if !is_due => CookieEffect::Left,
            (Rest::Create, _) => {
                calls.push(Op::Create);
                self.create(browser, request)
            }
            (Rest::Touch, Some(session)) => {
                calls.push(Op::Touch);
                self.sessions[session].is_used(self.now);
                self.set(browser, session)
            }
            (Rest::Update, Some(session)) => {
                calls.push(Op::Update);
                self.write(session, request);
                if is_due { self.set(browser, session) } else { CookieEffect::Left }
            }
            (Rest::Renew, Some(session)) => {
                calls.push(Op::Rename);
                self.sessions[session].left.push(self.now);
                self.write(session, request);
                self.set(browser, session)
            }
            (Rest::Begin, Some(session)) => {
                calls.push(Op::Rename);
                self.sessions[session].left.push(self.now);
                self.sessions[session].created = self.now;
                self.write(session, request);
                self.set(browser, session)
            }
            (Rest::Delete, Some(session)) => {
                calls.push(Op::Delete);
                self.sessions[session].life = Life::Ended;
                self.removed(browser)
            }
            (Rest::DeleteAndCreate, Some(session)) => {
                calls.extend([Op::Delete, Op::Create]);
                self.sessions[session].life = Life::Ended;
                self.create(browser, request)
            }
            (
                Rest::Touch | Rest::Update | Rest::Renew | Rest::Begin | Rest::Delete | Rest::DeleteAndCreate,
                None,
            ) => unreachable!("the table gives these to what is, or was, a session"),
        }
    }

    fn create(&mut self, browser: Browser, request: &Request) -> CookieEffect {
        let now = self.now;
        let session = Session {
            life: Life::Kept,
            contents: Contents::default(),
            created: now,
            used: now,
            expires: now,
            left: Vec::new(),
        };
        self.sessions.push(session);
        self.write(self.sessions.len() - 1, request);
        self.set(browser, self.sessions.len() - 1)
    }

    fn write(&mut self, session: usize, request: &Request) {
        let session = &mut self.sessions[session];
        session.contents = request.contents.clone();
        session.used = self.now;
        session.expires = limits::expires(session.created, session.contents.timeout, self.now);
    }

    fn set(&mut self, browser: Browser, session: usize) -> CookieEffect {
        let Session { contents, left, .. } = &self.sessions[session];
        let (key, timeout) = (left.len(), contents.timeout);
        let renewed = limits::in_cookie(self.now);
        self.cookies.push(Ticket { session, key, renewed, timeout });
        self.jars[browser.0] = Some(self.cookies.len() - 1);
        CookieEffect::Set { max_age: timeout }
    }

    fn removed(&mut self, browser: Browser) -> CookieEffect {
        self.jars[browser.0] = None;
        CookieEffect::Removed
    }
}
