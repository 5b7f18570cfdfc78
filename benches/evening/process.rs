//! What processes and threads use, as proc(5) tells it.

use std::fs;
use std::time::Duration;

/// proc(5) counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// User and system time of a process.
pub fn time_of(pid: u32) -> Duration {
    processor_time(&fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs"))
}

/// User and system time of this process's threads of that name.
pub fn time_of_threads(name: &str) -> Duration {
    let tasks = fs::read_dir("/proc/self/task").expect("proc is there").map(|entry| entry.expect("a thread").path());
    let times = tasks.filter_map(|task| {
        // A thread may have ended meanwhile.
        let comm = fs::read_to_string(task.join("comm")).ok()?;
        let stat = fs::read_to_string(task.join("stat")).ok()?;
        (comm.trim() == name).then(|| processor_time(&stat))
    });
    times.sum()
}

/// Resident memory of a process in KiB.
pub fn memory_of(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a process has memory");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number of KiB")
}

/// Time that all cores together have been busy since the machine began.
pub fn machine_time() -> Duration {
    let stat = fs::read_to_string("/proc/stat").expect("proc is there");
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks: Vec<u32> = fields.filter_map(|field| field.parse().ok()).collect();
    // User, nice and system; then idle and waiting for disks; then interrupts.
    [0, 1, 2, 5, 6].iter().filter_map(|field| ticks.get(*field)).map(|ticks| TICK * *ticks).sum()
}

/// Fields 14 and 15 of a `stat`, which come eleven after the name.
fn processor_time(stat: &str) -> Duration {
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u32 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    TICK * ticks
}
