"""What flite's command line does, for machines where flite is not installed: tones in place of words."""

import sys
import wave

from tests.tts.tones import tone

arguments = sys.argv[1:]
if arguments == ["-lv"]:
    sys.stdout.write("Voices available: kal awb_time kal16 awb rms slt \n")
else:
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    stretch = float(options["--setf"].removeprefix("duration_stretch="))
    with open(options["-f"]) as text, wave.open(options["-o"], "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(tone(text.read(), 16_000, 1 / stretch))
