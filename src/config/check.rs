//! What no value shows alone: settings that must fit each other.

use super::{Config, Problem};
use crate::secret::Key;
use crate::tally;

/// Fewest and most cities.
const CITIES: std::ops::RangeInclusive<usize> = 1..=16;

/// Most receivers of tally: each is told again every second.
const MOST_RECEIVERS: usize = 32;

/// Most Icecast servers.
const MOST_ICECASTS: usize = 8;

/// A session has one port, and a city that comes back has two sessions for a moment.
const PORTS_PER_CITY: usize = 2;

impl Config {
    pub(super) fn check(&self) -> Result<(), Problem> {
        self.check_cities()?;
        self.check_keys()?;
        self.check_tally()?;
        self.check_radio()?;
        self.check_ports()?;
        self.check_telephone()
    }

    fn check_cities(&self) -> Result<(), Problem> {
        let count = self.cities.len();
        if !CITIES.contains(&count) {
            let what = format!("{} to {} cities are needed, {count} arrived", CITIES.start(), CITIES.end());
            return Err(Problem { what, span: self.cities.get(*CITIES.end()).map(|city| city.id.span()) });
        }
        for (n, city) in self.cities.iter().enumerate() {
            if self.cities[..n].iter().any(|other| other.id.as_ref() == city.id.as_ref()) {
                let what = format!("there is already a city '{}': each needs an id of its own", city.id.as_ref());
                return Err(Problem { what, span: Some(city.id.span()) });
            }
        }
        Ok(())
    }

    fn check_keys(&self) -> Result<(), Problem> {
        let mut seen: Vec<(&Key, String)> = vec![(self.operator.key(), "the operator".into())];
        for city in &self.cities {
            if let Some((_, whose)) = seen.iter().find(|(key, _)| *key == city.key.as_ref()) {
                let what = format!("this key is also that of {whose}: each needs a key of its own");
                return Err(Problem { what, span: Some(city.key.span()) });
            }
            seen.push((city.key.as_ref(), format!("the city '{}'", city.id.as_ref())));
        }
        Ok(())
    }

    fn check_tally(&self) -> Result<(), Problem> {
        if let Some(tally) = self.tallies.get(MOST_RECEIVERS) {
            let what = format!("{} tally receivers arrived: at most {MOST_RECEIVERS} are possible", self.tallies.len());
            return Err(Problem { what, span: tally.first_index.as_ref().map(toml::Spanned::span) });
        }
        for tally in &self.tallies {
            let receiver = tally.receiver();
            // Every city that an evening can have finds its display.
            let last = receiver.protocol.last_index() - (*CITIES.end() as u16 - 1);
            if let Some(index) = tally.first_index.as_ref().filter(|index| *index.as_ref() > last) {
                let what = format!(
                    "first_index is from 0 to {last}, so that {} cities find their displays; {} arrived",
                    CITIES.end(),
                    index.as_ref()
                );
                return Err(Problem { what, span: Some(index.span()) });
            }
            let only_50 = [
                tally.screen.as_ref().map(|screen| ("screen", screen.span())),
                tally.text.as_ref().map(|text| ("text", text.span())),
            ];
            if receiver.protocol == tally::Protocol::Tsl31
                && let Some((name, span)) = only_50.into_iter().flatten().next()
            {
                let what = format!("tsl-3.1 knows no {name}: leave it out, or choose tsl-5.0");
                return Err(Problem { what, span: Some(span) });
            }
        }
        Ok(())
    }

    fn check_radio(&self) -> Result<(), Problem> {
        let servers = &self.radio.icecast;
        if let Some(server) = servers.get(MOST_ICECASTS) {
            let what = format!("{} Icecast servers arrived: at most {MOST_ICECASTS} are possible", servers.len());
            return Err(Problem { what, span: Some(server.mount.span()) });
        }
        for (n, server) in servers.iter().enumerate() {
            let is_same =
                |other: &super::Icecast| other.url == server.url && other.mount.as_ref() == server.mount.as_ref();
            if servers[..n].iter().any(is_same) {
                let what = format!(
                    "something is sent to {} there already: each needs a mount of its own",
                    server.mount.as_ref().as_str()
                );
                return Err(Problem { what, span: Some(server.mount.span()) });
            }
        }
        Ok(())
    }

    fn check_ports(&self) -> Result<(), Problem> {
        let ports = self.contribution.ports();
        let span = self.contribution.ports.span();
        let wrong = |what| Err(Problem { what, span: (!span.is_empty()).then_some(span) });
        let needed = self.cities.len() * PORTS_PER_CITY;
        if ports.len() < needed {
            return wrong(format!(
                "{needed} ports are needed, {PORTS_PER_CITY} for each city; {} arrived",
                ports.len()
            ));
        }
        let (first, shards) = (self.viewers.port, u16::try_from(self.viewers.shards()).unwrap_or(u16::MAX));
        if first == 0 {
            return Ok(());
        }
        let Some(last) = first.checked_add(shards - 1) else {
            let what =
                format!("[viewers] needs a port for each of its {shards} shards, from {first} on: choose a lower one");
            return Err(Problem { what, span: None });
        };
        if first <= *ports.end() && *ports.start() <= last {
            let (start, end) = ports.into_inner();
            return wrong(format!(
                "[contribution] has ports {start} to {end}, [viewers] {first} to {last}: move one of them"
            ));
        }
        Ok(())
    }

    fn check_telephone(&self) -> Result<(), Problem> {
        if self.telephone.listen.is_none() {
            return Ok(());
        }
        let ports = self.telephone.rtp_ports();
        let span = self.telephone.rtp_ports.span();
        let wrong = |what| Err(Problem { what, span: (!span.is_empty()).then_some(span) });
        let (start, end) = (*ports.start(), *ports.end());
        let (even, needed) = (ports.filter(|port| port % 2 == 0).count(), self.telephone.max_calls);
        if even < needed {
            return wrong(format!("{needed} even ports are needed, one for each call of max_calls; {even} arrived"));
        }
        let shards = u16::try_from(self.viewers.shards()).unwrap_or(u16::MAX);
        let viewers = self.viewers.port..=self.viewers.port.saturating_add(shards - 1);
        for (other, name) in [(self.contribution.ports(), "contribution"), (viewers, "viewers")] {
            let (first, last) = other.into_inner();
            if first != 0 && first <= end && start <= last {
                return wrong(format!(
                    "[telephone] has ports {start} to {end}, [{name}] {first} to {last}: move one of them"
                ));
            }
        }
        Ok(())
    }
}
