//! What findings mean for an evening. Pure.

use std::time::Duration;

use super::look::{Coding, Findings, Ports, Settings, Telephone};
use super::{Line, Verdict};
use crate::media::codec::Trial;
use crate::media::graphics::{PACKAGES, Typeface};

/// Debian 12's GStreamer.
const OLDEST_GSTREAMER: (u32, u32, u32) = (1, 22, 0);

/// Logs and slates need little, but a full disk stops what shares it.
const SCARCE_DISK: u64 = 2_000_000_000;

/// Less than this and a log line may be the last.
const NO_DISK: u64 = 50_000_000;

/// Files that the server itself, its cities and their pipelines hold open.
const OWN_FILES: u64 = 512;

/// 2026-01-01, before which this program did not exist.
const FIRST_DAY: Duration = Duration::from_secs(1_767_225_600);

/// A city that comes back has two sessions for a moment.
const PORTS_PER_CITY: usize = 2;

pub(super) fn judge(findings: &Findings) -> Vec<Line> {
    let mut lines = gstreamer(findings);
    lines.extend(findings.coding.iter().flat_map(coding));
    lines.push(typeface(findings.typeface));
    lines.push(config(&findings.config));
    lines.push(http(findings));
    lines.push(viewer_ports(&findings.viewers));
    lines.push(city_ports(&findings.cities, findings.city_count));
    lines.extend(findings.telephone.as_ref().map(telephone));
    lines.push(pages(findings.has_pages));
    lines.push(network(findings));
    lines.push(cores(findings.cores));
    lines.push(disk(&findings.free_disk));
    lines.push(open_files(findings));
    lines.push(clock(findings.wall_clock));
    lines
}

fn ok(found: impl Into<String>) -> Line {
    Line { verdict: Verdict::Ok, found: found.into(), mend: None }
}

fn warn(found: impl Into<String>, mend: impl Into<String>) -> Line {
    Line { verdict: Verdict::Warn, found: found.into(), mend: Some(mend.into()) }
}

fn fail(found: impl Into<String>, mend: impl Into<String>) -> Line {
    Line { verdict: Verdict::Fail, found: found.into(), mend: Some(mend.into()) }
}

fn gstreamer(findings: &Findings) -> Vec<Line> {
    let mut lines = Vec::new();
    match &findings.gstreamer {
        Ok((major, minor, micro)) if (*major, *minor, *micro) >= OLDEST_GSTREAMER => {
            lines.push(ok(format!("GStreamer {major}.{minor}.{micro}")));
        }
        Ok((major, minor, micro)) => lines.push(fail(
            format!("GStreamer {major}.{minor}.{micro} is too old"),
            "1.22 or later is needed: Debian 12 has it",
        )),
        Err(why) => lines.push(fail(format!("GStreamer does not start: {why}"), "apt-get install libgstreamer1.0-0")),
    }
    for (package, elements) in &findings.missing {
        lines.push(fail(format!("missing: {}", elements.join(", ")), format!("apt-get install {package}")));
    }
    if findings.missing.is_empty() && findings.gstreamer.is_ok() {
        lines.push(ok("every element of every pipeline is there"));
    }
    for (codec, tried) in &findings.codecs {
        lines.push(match tried {
            Ok(()) => ok(format!("{codec} is encoded and decoded")),
            Err(why) => fail(
                format!("{codec} does not work: {why}"),
                "apt-get install --reinstall gstreamer1.0-plugins-ugly gstreamer1.0-libav gstreamer1.0-plugins-base",
            ),
        });
    }
    lines
}

/// A line for each element that is here, and one for the element that the settings name in vain.
fn coding(Coding { what, wished, trials }: &Coding) -> Vec<Line> {
    let line = |trial: &Trial| match &trial.outcome {
        Ok(took) => ok(format!("{what} {}: ten frames in {} ms", trial.element, took.as_millis())),
        Err(why) if trial.is_software => fail(
            format!("{what} {} does not work: {why}", trial.element),
            "apt-get install --reinstall gstreamer1.0-plugins-ugly gstreamer1.0-libav",
        ),
        Err(why) => warn(
            format!("{what} {} is here and does not work: {why}", trial.element),
            "mend its driver, or do nothing: it is not used",
        ),
    };
    let mut lines: Vec<_> = trials.iter().map(line).collect();
    let works = trials.iter().any(|trial| trial.word == *wished && trial.outcome.is_ok());
    if *wished != "auto" && !works {
        lines.push(fail(
            format!("[program] {what} = \"{wished}\" names what does not work here"),
            format!("set [program] {what} = \"auto\", or mend the driver and see that GStreamer has its element"),
        ));
    }
    lines
}

fn typeface(installed: Option<Typeface>) -> Line {
    match installed {
        Some(Typeface::Inter) => ok("graphics are set in Inter"),
        Some(Typeface::DejaVu) => {
            warn("Inter is missing: graphics are set in DejaVu Sans", "apt-get install fonts-inter")
        }
        None => warn("no typeface for graphics: lower thirds stay off", format!("apt-get install {PACKAGES}")),
    }
}

fn config(settings: &Settings) -> Line {
    match settings {
        Settings::Good(path) => ok(format!("settings in {}", path.display())),
        Settings::Defaults => warn(
            "there is no regia.toml: what follows is about the defaults",
            "cp regia.example.toml regia.toml, and change its keys",
        ),
        Settings::ExampleKeys(why) => fail(why.clone(), "change these keys in regia.toml"),
        Settings::Wrong(why) => fail(why.clone(), "mend that line; what follows is about the defaults"),
    }
}

fn http(findings: &Findings) -> Line {
    let (address, opened) = &findings.http;
    match opened {
        Ok(()) => ok(format!("TCP {address} is free for HTTP")),
        Err(why) => fail(
            format!("TCP {address} cannot be opened: {why}"),
            format!(
                "is Regia running already? `ss -tlpn 'sport = :{}'` shows who has it; or set [http] listen",
                address.port()
            ),
        ),
    }
}

/// The first few of a list of ports.
fn some(ports: &[u16]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<_> = ports.iter().take(SHOWN).map(u16::to_string).collect();
    format!("{}{}", shown.join(", "), if ports.len() > SHOWN { " …" } else { "" })
}

fn viewer_ports(ports: &Ports) -> Line {
    match (ports.wanted, ports.taken.as_slice()) {
        (0, _) => ok("viewers get free UDP ports"),
        (wanted, []) => ok(format!("all {wanted} UDP ports for viewers are free")),
        (_, taken) => fail(
            format!("UDP ports for viewers are taken: {}", some(taken)),
            "is Regia running already? `ss -ulpn` shows who has them; or set [viewers] port",
        ),
    }
}

fn city_ports(ports: &Ports, cities: usize) -> Line {
    let (wanted, taken) = (ports.wanted, ports.taken.len());
    let needed = cities * PORTS_PER_CITY;
    match wanted - taken {
        free if free < needed => fail(
            format!("only {free} UDP ports for cities are free, {needed} are needed; taken: {}", some(&ports.taken)),
            "is Regia running already? `ss -ulpn` shows who has them; or set [contribution] ports",
        ),
        free if free < wanted => warn(
            format!("{taken} of {wanted} UDP ports for cities are taken: {}", some(&ports.taken)),
            "`ss -ulpn` shows by whom",
        ),
        free => ok(format!("all {free} UDP ports for cities are free")),
    }
}

fn telephone(telephone: &Telephone) -> Line {
    let Telephone { sip: (address, opened), sound, max_calls, has_peers } = telephone;
    let free = sound.wanted - sound.taken.len();
    match opened {
        Err(why) => fail(
            format!("the telephone cannot listen on UDP {address}: {why}"),
            "is Regia or a PBX running already? `ss -ulpn` shows who has it; or set [telephone] listen",
        ),
        Ok(()) if free < *max_calls => fail(
            format!(
                "only {free} UDP ports for telephone calls are free, {max_calls} are needed; taken: {}",
                some(&sound.taken)
            ),
            "`ss -ulpn` shows who has them; or set [telephone] rtp_ports",
        ),
        Ok(()) if !has_peers => {
            warn("the telephone is on, and nobody may call", "set [telephone] peers or trunk, or leave listen out")
        }
        Ok(()) => ok(format!("the telephone can listen on UDP {address}, for {max_calls} calls at once")),
    }
}

fn pages(has_pages: bool) -> Line {
    match has_pages {
        true => ok("the pages are in the binary"),
        false => fail("this binary was built without its pages", "`make page`, then build again"),
    }
}

fn network(findings: &Findings) -> Line {
    match findings.network {
        Some(address) => ok(format!("others are reached from {address}")),
        None if findings.http.0.ip().is_loopback() => {
            ok("no network, and none is needed: HTTP is for this machine only")
        }
        None => warn("there is no way to other machines", "connect a network, or nobody else can join"),
    }
}

fn cores(cores: usize) -> Line {
    match cores {
        0 | 1 => warn("one core", "five cities and a directed channel want two: fewer cities, or [program] fps = 25"),
        cores => ok(format!("{cores} cores")),
    }
}

fn disk(free: &Result<u64, String>) -> Line {
    match free {
        Ok(free) if *free >= SCARCE_DISK => ok(format!("{:.0} GB free", *free as f64 / 1e9)),
        Ok(free) if *free >= NO_DISK => {
            warn(format!("only {:.1} GB free", *free as f64 / 1e9), "free some space: 2 GB are good")
        }
        Ok(free) => {
            fail(format!("the disk is full: {:.0} MB free", *free as f64 / 1e6), "free some space: 2 GB are good")
        }
        Err(why) => warn(format!("free disk space is not known: {why}"), "run Regia in a folder that it may read"),
    }
}

fn open_files(findings: &Findings) -> Line {
    let needed = OWN_FILES + u64::from(findings.max_viewers);
    let mend = format!("`ulimit -n {needed}` before the start, or LimitNOFILE={needed} in the service");
    match findings.open_files {
        Some(limit) if limit >= needed => ok(format!("{limit} files may be open")),
        Some(limit) if limit >= OWN_FILES => {
            warn(format!("{limit} files may be open: too few for {} viewers", findings.max_viewers), mend)
        }
        Some(limit) => fail(format!("only {limit} files may be open"), mend),
        None => warn("how many files may be open is not known", mend),
    }
}

fn clock(since_1970: Duration) -> Line {
    if since_1970 >= FIRST_DAY {
        ok("the clock shows a time that can be")
    } else {
        warn("the clock is years behind: times and certificates will be wrong", "timedatectl set-ntp true")
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::{count, exit_code};
    use super::*;

    fn trial(element: &'static str, word: &'static str) -> Trial {
        let is_software = !element.starts_with("va");
        Trial { element, word, is_software, outcome: Ok(Duration::from_millis(42)) }
    }

    fn broken(element: &'static str, word: &'static str) -> Trial {
        Trial { outcome: Err("no driver".into()), ..trial(element, word) }
    }

    fn healthy() -> Findings {
        Findings {
            gstreamer: Ok((1, 22, 0)),
            missing: Vec::new(),
            codecs: vec![("H.264", Ok(())), ("Opus", Ok(()))],
            coding: vec![
                Coding { what: "encoder", wished: "auto", trials: vec![trial("x264enc", "x264")] },
                Coding { what: "decoder", wished: "software", trials: vec![trial("avdec_h264", "software")] },
            ],
            typeface: Some(Typeface::Inter),
            config: Settings::Good(PathBuf::from("regia.toml")),
            http: ("0.0.0.0:8080".parse().unwrap(), Ok(())),
            viewers: Ports { wanted: 2, taken: Vec::new() },
            cities: Ports { wanted: 101, taken: Vec::new() },
            telephone: None,
            city_count: 5,
            max_viewers: 1000,
            network: Some("192.0.2.7".parse().unwrap()),
            free_disk: Ok(20_000_000_000),
            open_files: Some(65_536),
            wall_clock: FIRST_DAY,
            cores: 2,
            has_pages: true,
        }
    }

    /// What is not ok when one finding differs from a healthy machine's.
    fn trouble(change: impl FnOnce(&mut Findings)) -> (Verdict, String) {
        let mut findings = healthy();
        change(&mut findings);
        let lines: Vec<_> = judge(&findings).into_iter().filter(|line| line.verdict != Verdict::Ok).collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].mend.is_some(), "{lines:?}");
        (lines[0].verdict, lines[0].to_string())
    }

    #[test]
    fn a_healthy_machine_can_go_on_air() {
        let lines = judge(&healthy());
        assert!(lines.iter().all(|line| line.verdict == Verdict::Ok && line.mend.is_none()), "{lines:?}");
        assert_eq!(exit_code(&lines), std::process::ExitCode::SUCCESS);
    }

    #[test]
    fn what_stops_an_evening_fails() {
        type Change = fn(&mut Findings);
        let cases: [(Change, &str); 13] = [
            (|f| f.gstreamer = Ok((1, 20, 3)), "1.22"),
            (
                |f| f.missing = vec![("gstreamer1.0-nice", vec!["nicesrc", "nicesink"])],
                "apt-get install gstreamer1.0-nice",
            ),
            (|f| f.codecs[0].1 = Err("no encoder".into()), "H.264 does not work: no encoder"),
            (|f| f.coding[0].trials[0] = broken("x264enc", "x264"), "x264enc does not work: no driver"),
            (|f| f.coding[0].wished = "nvenc", "[program] encoder = \"nvenc\""),
            (|f| f.config = Settings::Wrong("regia.toml:3:1: what".into()), "regia.toml:3:1"),
            (|f| f.config = Settings::ExampleKeys("these keys: roma".into()), "roma"),
            (|f| f.http.1 = Err("in use".into()), "ss -tlpn 'sport = :8080'"),
            (|f| f.viewers.taken = vec![52_200], "52200"),
            (|f| f.cities.taken = (52_000..52_092).collect(), "only 9 UDP ports"),
            (|f| f.has_pages = false, "make page"),
            (|f| f.free_disk = Ok(1_000_000), "full"),
            (|f| f.open_files = Some(256), "ulimit -n 1512"),
        ];
        for (change, word) in cases {
            let (verdict, text) = trouble(change);
            assert!(verdict == Verdict::Fail && text.contains(word), "{text}");
        }
    }

    #[test]
    fn what_may_go_wrong_only_warns() {
        type Change = fn(&mut Findings);
        let cases: [(Change, &str); 11] = [
            (|f| f.typeface = Some(Typeface::DejaVu), "apt-get install fonts-inter"),
            (|f| f.typeface = None, "lower thirds stay off"),
            (|f| f.coding[0].trials.push(broken("vah264enc", "va")), "vah264enc is here and does not work: no driver"),
            (|f| f.config = Settings::Defaults, "cp regia.example.toml regia.toml"),
            (|f| f.cities.taken = vec![52_000], "1 of 101"),
            (|f| f.network = None, "network"),
            (|f| f.cores = 1, "one core"),
            (|f| f.free_disk = Ok(1_900_000_000), "1.9 GB"),
            (|f| f.free_disk = Err("denied".into()), "denied"),
            (|f| f.open_files = Some(1024), "too few for 1000 viewers"),
            (|f| f.wall_clock = Duration::ZERO, "timedatectl"),
        ];
        for (change, word) in cases {
            let (verdict, text) = trouble(change);
            assert!(verdict == Verdict::Warn && text.contains(word), "{text}");
        }
    }

    /// A telephone with four ports, of which one is taken.
    fn with_telephone(opened: Result<(), String>, max_calls: usize, has_peers: bool) -> Option<Telephone> {
        let sound = Ports { wanted: 4, taken: vec![52_400] };
        Some(Telephone { sip: ("0.0.0.0:5060".parse().unwrap(), opened), sound, max_calls, has_peers })
    }

    #[test]
    fn a_telephone_needs_its_port_those_of_its_calls_and_somebody_who_may_call() {
        let taken = trouble(|f| f.telephone = with_telephone(Err("in use".into()), 3, true));
        assert!(taken.0 == Verdict::Fail && taken.1.contains("UDP 0.0.0.0:5060: in use"), "{taken:?}");
        let few = trouble(|f| f.telephone = with_telephone(Ok(()), 4, true));
        assert!(few.0 == Verdict::Fail && few.1.contains("only 3 UDP ports"), "{few:?}");
        let nobody = trouble(|f| f.telephone = with_telephone(Ok(()), 3, false));
        assert!(nobody.0 == Verdict::Warn && nobody.1.contains("peers or trunk"), "{nobody:?}");
        let healthy = Findings { telephone: with_telephone(Ok(()), 3, true), ..healthy() };
        assert!(judge(&healthy).iter().all(|line| line.verdict == Verdict::Ok));
    }

    #[test]
    fn hardware_that_works_is_shown_with_what_it_took() {
        let mut findings = healthy();
        findings.coding[0].trials.insert(0, trial("vah264enc", "va"));
        findings.coding[0].wished = "va";
        let lines = judge(&findings);
        assert!(lines.iter().all(|line| line.verdict == Verdict::Ok), "{lines:?}");
        assert!(lines.iter().any(|line| line.found == "encoder vah264enc: ten frames in 42 ms"), "{lines:?}");
    }

    #[test]
    fn one_failure_is_enough_to_stay_off_air_and_warnings_are_not() {
        let line = |verdict| Line { verdict, found: String::new(), mend: None };
        let lines = [line(Verdict::Ok), line(Verdict::Warn)];
        assert_eq!(exit_code(&lines), std::process::ExitCode::SUCCESS);
        let lines = [line(Verdict::Ok), line(Verdict::Fail), line(Verdict::Warn)];
        assert_eq!(exit_code(&lines), std::process::ExitCode::FAILURE);
        assert_eq!((count(&lines, Verdict::Fail), count(&lines, Verdict::Warn)), (1, 1));
    }
}
