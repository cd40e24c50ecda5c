import itertools
import shlex
import subprocess
import threading
import time
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from calls.models import Segment, StreamingProfile
from calls.services import accounts, profiles
from calls.services.sweep import INTERVAL_SECONDS
from hub import demo_setup
from hub.demo_setup import Simulation
from hub.server import bind, leave, serve
from hub.settings import env

SECONDS_BETWEEN_CALLS = 20


class Command(BaseCommand):
    simulator: subprocess.Popen[bytes] | None = None
    help = "A complete hub from nothing: database, admin, a profile per vendor, the server, and simulated calls."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--calls", type=int, default=3, help="simulated calls, one after the other (default: 3)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            listener = bind(settings.HUB_BIND)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from None
        call_command("migrate", verbosity=0)
        address = "http://{}:{}".format(*listener.getsockname()[:2])
        self.say(f"\nCall Hub on {address}")
        self.ensure_admin()
        simulations = list(itertools.islice(itertools.cycle(self.ensure_profiles(address)), options["calls"]))
        connection.close()
        if simulations:
            threading.Thread(target=self.show_calls, args=(address, simulations), daemon=True).start()
        self.say("Ctrl-C ends it.\n")
        serve(listener, role="all")
        if self.simulator is not None and self.simulator.poll() is None:
            self.simulator.terminate()
            self.simulator.wait(5)
        leave()

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def ensure_admin(self) -> None:
        username = env("HUB_ADMIN_USERNAME", "admin")
        user, password = accounts.ensure_admin(username=username, password=env("HUB_ADMIN_PASSWORD"))
        if password:
            self.say(f"Sign in as {user.username} with the password {password} (shown this once)")
        else:
            self.say(f"Sign in as {user.username} (a new password: manage.py changepassword {user.username})")

    def ensure_profiles(self, address: str) -> list[Simulation]:
        """A new hub gets a profile for each vendor. Returns the calls that can be simulated."""
        if not StreamingProfile.objects.exists():
            _, key = profiles.create_embed_key(demo_setup.make_profiles())
            self.say(f"In an agent's iFrame: {address}/embed/?callId=<the call's id>#key={key} (shown this once)")
        return demo_setup.simulations()

    def show_calls(self, address: str, simulations: list[Simulation]) -> None:
        """Waits for the server, then runs the simulators and prints what is transcribed as it is stored."""
        while not self.is_ready(address):
            time.sleep(0.2)
        last = Segment.objects.order_by("-id").values_list("id", flat=True).first()
        for number, simulation in enumerate(simulations):
            if number:
                time.sleep(SECONDS_BETWEEN_CALLS)
            call_id = f"demo-{time.strftime('%H%M%S')}"
            command = simulation.command(address)
            self.say(f"A simulated {simulation.label} call begins: {call_id}")
            self.simulator = subprocess.Popen([*command, simulation.id_option, call_id, "--quiet"])
            while self.simulator.poll() is None:
                last = self.print_new_segments(last)
                time.sleep(0.3)
            time.sleep(INTERVAL_SECONDS)
            last = self.print_new_segments(last)
            self.say(f"The call {call_id} has ended: {address}/calls/ has its transcript and recording\n")
        self.say("No more simulated calls. Another one of each:")
        for simulation in {each.label: each for each in simulations}.values():
            self.say("  " + shlex.join(simulation.command(address)))

    def print_new_segments(self, last: Any) -> Any:
        segments = Segment.objects.order_by("id")
        for segment in segments.filter(id__gt=last) if last else segments:
            seconds = segment.start_ms // 1000
            self.say(f"  {seconds // 60}:{seconds % 60:02}  {segment.track:<8}  {segment.text}")
            last = segment.id
        connection.close()
        return last

    def is_ready(self, address: str) -> bool:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2):
                return True
        except OSError:
            return False
