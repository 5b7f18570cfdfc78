// Keeps the screen on, where the browser can: a phone that sleeps stops its camera.

/** Keeps the screen on until the returned function is called. */
export function keepAwake(): () => void {
  let isWanted = true;
  let lock: WakeLockSentinel | null = null;
  const ask = async () => {
    if (document.visibilityState !== 'visible') return;
    // Refused on an empty battery, among others: then the screen does as it likes.
    const given = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
    if (isWanted) lock = given;
    else void given?.release();
  };
  // The browser takes the lock back whenever the page is hidden.
  document.addEventListener('visibilitychange', ask);
  void ask();
  return () => {
    isWanted = false;
    document.removeEventListener('visibilitychange', ask);
    void lock?.release();
  };
}
