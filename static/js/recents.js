// What this person gave last in this browser, to offer it again: transfer targets, for example.

const KEEP = 5;

export class Recents {
  constructor(owner) {
    this.name = `hub-recents-${owner}`;
    this.here = {}; // where storage is blocked, what was given on this page
  }

  of(kind) {
    return this.read()[kind] ?? [];
  }

  add(kind, value) {
    const all = this.read(); // another tab may have added some
    all[kind] = [value, ...(all[kind] ?? []).filter((other) => other !== value)].slice(0, KEEP);
    this.here = all;
    try {
      localStorage.setItem(this.name, JSON.stringify(all));
    } catch {
      // This page remembers.
    }
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.name)) ?? this.here;
    } catch {
      return this.here;
    }
  }
}
