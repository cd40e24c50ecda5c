"""The hub in French, as somebody meets it who chooses it on the way in."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.looks import look_at


def test_french_from_the_log_in_to_a_call(seeded, new_context, complaints):
    hub, made = seeded
    page = complaints.watch(new_context().new_page())
    page.goto(f"{hub.url}/login/")
    switch = page.get_by_role("button", name="Français")
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-current", "true")
    expect(switch).to_have_attribute("lang", "fr")
    switch.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(switch).to_have_attribute("aria-current", "true")
    look_at(page, "the log-in")

    page.get_by_label("Nom d’utilisateur").fill("maria")
    page.get_by_label("Mot de passe").fill("made-up")
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.get_by_role("navigation", name="Principal")).to_contain_text("Appels")
    expect(page.get_by_text("Connecté", exact=True)).to_be_visible()
    expect(page.get_by_label("Filtrer par numéro, agent, profil ou mots")).to_be_visible()
    expect(page.get_by_role("button", name="Déconnexion")).to_be_visible()
    look_at(page, "the wall")

    page.goto(f"{hub.url}/calls/{made['answered']}/")
    actions = page.get_by_role("region", name="Actions", exact=True)
    expect(actions.get_by_role("button", name="Raccrocher")).to_be_visible()
    expect(actions.get_by_role("button", name="Transférer")).to_be_visible()
    expect(page.get_by_role("log", name="Ce qui a été dit")).to_be_visible()
    for heading in ("Transcription", "Détails", "Étiquettes", "Notes"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_attached()
    expect(page.get_by_role("button", name="Passer aux couleurs sombres")).to_be_visible()
    look_at(page, "the call")
