//! The site on one framework behind TLS, with its browsers, and a report on them when a story fails.

use std::cell::RefCell;
use std::fs;
use std::panic;
use std::path::PathBuf;
use std::rc::Rc;

use tempfile::TempDir;
use tokio::task::LocalSet;

use crate::browser::Browser;
use crate::program::Program;
use crate::tls::{self, SHOP};

/// A store in a file, in the folder of the stage.
pub(crate) const SQLITE: &str = "sqlite:sessions.db";

/// The site and the browsers of one story.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The address of the site without a path.
    pub(crate) site: String,
    pub(crate) folder: TempDir,
    browsers: RefCell<Vec<Rc<Browser>>>,
    _program: Program,
}

impl Stage {
    /// Starts the site on the framework, with this store.
    pub(crate) async fn new(framework: &str, store: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = Program::start(folder.path(), &["--framework", framework, "--store", store, "--https"]);
        let site = format!("https://{SHOP}:{}", tls::before(program.address).await);
        Self { site, folder, browsers: RefCell::default(), _program: program }
    }

    /// Starts another browser, which shares no cookies with the others.
    pub(crate) async fn browser(&self) -> Rc<Browser> {
        self.browser_called(None).await
    }

    /// Starts another browser, with this User-Agent header.
    pub(crate) async fn browser_called(&self, agent: Option<&str>) -> Rc<Browser> {
        let browser = Rc::new(Browser::start(&self.site, agent).await);
        self.browsers.borrow_mut().push(Rc::clone(&browser));
        browser
    }

    /// Prints the text that each browser shows, and saves a screenshot of it.
    async fn report(&self, story: &str) {
        let browsers = self.browsers.borrow().clone();
        for (number, browser) in browsers.iter().enumerate() {
            let address = browser.client().current_url().await.map(String::from);
            let text = browser.client().execute("return document.body.innerText", Vec::new()).await;
            let text = text
                .map_or_else(|error| error.to_string(), |text| text.as_str().unwrap_or_default().to_owned());
            eprintln!("{story}: browser {number} is at {address:?} and shows:\n{text}\n");
            if let Ok(picture) = browser.client().screenshot().await {
                let file = target("browser-failures").join(format!("{story}-{number}.png"));
                fs::write(&file, picture).unwrap();
                eprintln!("{story}: a screenshot is in {}", file.display());
            }
        }
    }
}

/// Runs a story of a module on a stage. If the story fails, prints what the browsers showed.
pub(crate) async fn tell<F>(stage: Stage, module: &str, name: &str, story: fn(Rc<Stage>) -> F)
where
    F: Future<Output = ()> + 'static,
{
    let stage = Rc::new(stage);
    // The story runs in its own task, so that the browsers are still there after a panic.
    let tasks = LocalSet::new();
    let told = tasks.spawn_local(story(Rc::clone(&stage)));
    let told = tasks.run_until(told).await;
    if let Err(error) = told {
        stage.report(&format!("{}-{name}", module.replace("::", "-"))).await;
        panic::resume_unwind(error.into_panic());
    }
}

/// Returns a folder below the build's target folder, and creates it if needed.
pub(crate) fn target(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}
