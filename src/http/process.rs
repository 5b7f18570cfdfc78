//! What the kernel knows of this process (Linux, /proc/self).

use std::fs;

/// Clock ticks of /proc per second: the kernel's ABI says 100 on every architecture that Debian has today.
const TICKS_PER_SECOND: f64 = 100.0;

/// Bytes of a kibibyte, the unit of /proc/self/status.
const KIB: u64 = 1024;

/// The process now.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Process {
    /// User and system time since the start.
    pub(super) cpu_seconds: f64,
    /// Threads.
    pub(super) threads: u64,
    /// Open file descriptors.
    pub(super) open_files: u64,
    /// Resident memory.
    pub(super) memory_bytes: u64,
}

impl Process {
    /// Reads it; what cannot be read is zero.
    pub(super) fn now() -> Self {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            cpu_seconds: cpu_seconds(&stat),
            threads: field(&status, "Threads:"),
            open_files: fs::read_dir("/proc/self/fd").map_or(0, |files| files.count() as u64),
            memory_bytes: field(&status, "VmRSS:") * KIB,
        }
    }
}

/// utime and stime are fields 14 and 15 (proc_pid_stat(5)); the name before them may hold spaces and brackets.
fn cpu_seconds(stat: &str) -> f64 {
    let after_name = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks: f64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / TICKS_PER_SECOND
}

fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 1 1 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 1 0 10";
        assert!((cpu_seconds(stat) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn this_process_has_memory_threads_and_files() {
        let process = Process::now();
        assert!(process.memory_bytes > 0 && process.threads > 0 && process.open_files > 0, "{process:?}");
    }
}
