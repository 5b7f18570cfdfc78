//! `regia admin` and `regia backup`: people and keys in the store, and copies of it, also while a server runs on it.

use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use crate::app::announce;
use crate::config::Config;
use crate::secret::Password;
use crate::show::Name;
use crate::store::{self, Roles, Store, StoreError};

/// How long the goodbye to the store may take.
const GOODBYE: Duration = Duration::from_secs(5);

/// Bytes of a line that may be a password: more than the longest has.
const LINE: u64 = 4096;

/// Manage who may come in.
#[derive(Debug, Args)]
pub(crate) struct Admin {
    /// The settings, which name the store.
    #[arg(long, value_name = "FILE", default_value = "regia.toml", global = true)]
    config: PathBuf,
    #[command(subcommand)]
    ask: Ask,
}

#[derive(Debug, Subcommand)]
enum Ask {
    /// Add somebody who signs in; asks for a password, or reads it as one line from a pipe.
    AddOperator {
        /// 1 to 64 characters.
        name: Name,
        /// director, sound, graphics, screener, with commas between them.
        #[arg(long, default_value = "director")]
        roles: Roles,
    },
    /// Give somebody another password, asked for likewise. Ends their sessions.
    SetPassword {
        /// Whose.
        name: Name,
    },
    /// Remove somebody, with their sessions and the API keys that act for them.
    RemoveOperator {
        /// Whom.
        name: Name,
    },
    /// List who may sign in.
    ListOperators,
    /// Make a key for a machine, and print it, once.
    AddApiKey {
        /// The machine's name, 1 to 64 characters.
        name: Name,
        /// director, sound, graphics, screener, with commas between them.
        #[arg(long)]
        roles: Roles,
        /// The operator in whose name the machine acts.
        #[arg(long = "for", value_name = "OPERATOR")]
        acts_for: Option<Name>,
    },
    /// List the keys of machines, without the keys themselves.
    ListApiKeys,
    /// Take a machine's key away.
    RevokeApiKey {
        /// The machine's name.
        name: Name,
    },
}

/// Copy the store into a new file, also while a server runs on it.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The new file.
    file: PathBuf,
    /// The settings, which name the store.
    #[arg(long, value_name = "FILE", default_value = "regia.toml")]
    config: PathBuf,
}

impl Backup {
    /// Copies, and says what was copied.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let from = Config::load(&self.config)?.store.path;
        let copied = store::backup(&from, &self.file)?;
        let (file, rows, kib) = (self.file.display(), copied.rows, copied.bytes.div_ceil(1024));
        announce(&format!("{file}: {rows} rows of the as-run log, {kib} KiB; PRAGMA integrity_check: ok\n"));
        Ok(())
    }
}

impl Admin {
    /// Does what was asked, and says so.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let path = Config::load(&self.config)?.store.path;
        let store = open(&path, self.ask.may_begin())?;
        let done = self.ask.run(&store).await;
        let closed = store.close(GOODBYE).await;
        announce(&done?);
        Ok(closed?)
    }
}

fn open(path: &Path, may_make: bool) -> Result<Store, StoreError> {
    if !may_make && !path.exists() {
        return Err(StoreError::Missing { path: path.to_owned() });
    }
    Store::open(path, unix_us())
}

impl Ask {
    /// Whether this may be the first thing that a store is told.
    fn may_begin(&self) -> bool {
        matches!(self, Self::AddOperator { .. } | Self::AddApiKey { .. })
    }

    /// The text for standard output.
    async fn run(self, store: &Store) -> anyhow::Result<String> {
        let (people, now_us) = (store.people(), unix_us());
        match self {
            Self::AddOperator { name, roles } => {
                if people.operators().iter().any(|operator| operator.name == name) {
                    // Said before a password is typed twice for nothing.
                    return Err(StoreError::Taken { what: "an operator", name: name.to_string() }.into());
                }
                people.add_operator(name.clone(), roles.clone(), password()?, now_us).await?;
                Ok(format!("'{name}' may sign in: {}\n", duties(&roles)))
            }
            Self::SetPassword { name } => {
                if !people.operators().iter().any(|operator| operator.name == name) {
                    return Err(StoreError::Unknown { what: "operator", name: name.to_string() }.into());
                }
                people.set_password(&name, password()?).await?;
                Ok(format!("'{name}' has a new password; sessions that were open are over\n"))
            }
            Self::RemoveOperator { name } => {
                people.remove_operator(&name).await?;
                Ok(format!("'{name}' is removed\n"))
            }
            Self::ListOperators => Ok(operators(store)),
            Self::AddApiKey { name, roles, acts_for } => {
                let key = people.add_machine(name.clone(), roles.clone(), acts_for, now_us).await?;
                // On standard error: a script that takes the key takes nothing else.
                eprintln!("The key of '{name}' ({}) is shown this once:", duties(&roles));
                Ok(format!("{}\n", key.reveal()))
            }
            Self::ListApiKeys => Ok(api_keys(store)),
            Self::RevokeApiKey { name } => {
                people.revoke_machine(&name, now_us).await?;
                Ok(format!("the key of '{name}' opens nothing any more\n"))
            }
        }
    }
}

fn operators(store: &Store) -> String {
    store.people().operators().iter().fold(String::new(), |mut list, operator| {
        let (since, name, roles) = (date(operator.added_us), &operator.name, duties(&operator.roles));
        writeln!(list, "{since}  {name}  {roles}").expect("a String takes text");
        list
    })
}

fn api_keys(store: &Store) -> String {
    store.people().machines().iter().fold(String::new(), |mut list, machine| {
        let (since, name, roles) = (date(machine.added_us), &machine.name, duties(&machine.roles));
        let acts_for = machine.acts_for.as_ref().map(|operator| format!("  for {operator}")).unwrap_or_default();
        let revoked = machine.revoked_us.map(|at| format!("  revoked {}", date(at))).unwrap_or_default();
        writeln!(list, "{since}  {name}  {roles}{acts_for}{revoked}").expect("a String takes text");
        list
    })
}

fn duties(roles: &Roles) -> String {
    let words = roles.to_string();
    if words.is_empty() { "may look only".into() } else { words }
}

/// The day in UTC, as logs have it.
fn date(unix_us: i64) -> String {
    let at = jiff::Timestamp::from_microsecond(unix_us).unwrap_or_default();
    at.strftime("%Y-%m-%d").to_string()
}

/// A new password: typed twice on a terminal, a line from anything else.
fn password() -> anyhow::Result<Password> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().take(LINE).read_line(&mut line).context("no password can be read")?;
        let line = line.strip_suffix('\n').unwrap_or(&line);
        return Ok(Password::try_from(line.strip_suffix('\r').unwrap_or(line).to_owned())?);
    }
    let ask = |prompt: &str| rpassword::prompt_password(prompt).context("no password can be read");
    let first = ask("Password, 10 to 128 characters: ")?;
    let password = Password::try_from(first.clone())?;
    if ask("The same again: ")? != first {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(password)
}

/// Unix µs.
fn unix_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
