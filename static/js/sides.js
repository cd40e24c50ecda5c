// The two sides of a recording, each of which can be muted. Both ears hear both.

/** Needs to be made after a click or key; from then on the element sounds through here. */
export class Sides {
  constructor(audio) {
    const context = new AudioContext();
    const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    context.createMediaElementSource(audio).connect(splitter);
    this.gains = [0, 1].map((side) => {
      const gain = new GainNode(context);
      splitter.connect(gain, side).connect(context.destination);
      return gain;
    });
    audio.addEventListener("play", () => context.resume());
    context.resume();
  }

  mute(side, muted) {
    this.gains[side].gain.value = muted ? 0 : 1;
  }
}
