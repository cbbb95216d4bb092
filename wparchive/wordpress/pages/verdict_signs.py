"""What pages that stand in an article's place say, and what their elements are called; and where such pages live.

None of it decides by itself: an ordinary article may have a form to log in, a notice about cookies and a word about a paywall.
"""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

__all__ = [
    "CONSENT",
    "ELSEWHERE",
    "LOGIN",
    "NOT_FOUND",
    "PAYWALL",
    "Signs",
    "is_consent_place",
    "is_login_place",
]


class Signs(NamedTuple):
    """Names of classes and ids (whole), and phrases in lower case."""

    names: re.Pattern[str]
    phrases: re.Pattern[str]


# Memberships: Paid Memberships Pro, MemberPress, Restrict Content Pro, Leaky Paywall, WooCommerce Memberships, Newspack, Piano.
_PAYWALL_PHRASES = (
    r"subscribe (?:now )?to (?:continue|read|keep) ?(?:reading|on|the full|this)?",
    r"(?:this|the full|rest of (?:this|the)) (?:article|story|post|content) is (?:only )?(?:for|available to|reserved for) "
    r"(?:paying |our |paid )?(?:subscribers|members)",
    r"already a (?:subscriber|member)\?",
    r"become a (?:subscriber|member) to (?:continue|read)",
    r"you have (?:reached|used) your (?:limit|free articles|monthly)",
    r"weiterlesen mit .{0,20}(?:abo|plus)|artikel ist (?:nur )?für abonnent|jetzt abonnieren und weiterlesen",
    r"réservé (?:à nos|aux) abonnés|la suite est réservée|abonnez-vous pour (?:lire|continuer)",
    r"(?:contenido|artículo) exclusivo para suscriptores|suscríbete para (?:seguir|continuar) leyendo",
    r"(?:contenuto|articolo) riservato agli abbonati|abbonati per continuare",
    r"exclusivo para assinantes|assine para continuar",
    r"alleen voor abonnees|voor abonnees|dla subskrybentów|только для подписчиков|оформите подписку",
    r"有料会員限定|会員限定記事|この記事は有料|订阅后(?:继续)?阅读|付费阅读|للمشتركين فقط|למנויים בלבד",
)
PAYWALL = Signs(
    re.compile(
        r"(?:.{0,40}[-_])?paywall(?:[-_].{0,60})?|pmpro_(?:content_message|card_content).{0,40}|mepr[-_]unauthorized.{0,40}"
        r"|rcp[-_]restricted.{0,40}|leaky_paywall.{0,60}|wc-memberships-restriction-message|woocommerce-memberships.{0,40}restrict.{0,40}"
        r"|newspack-.{0,30}gate.{0,30}|wp-block-newspack-.{0,20}gate|piano-.{0,40}|tp-(?:modal|container|backdrop).{0,20}"
        r"|subscriber[s]?-only.{0,40}|premium-(?:content-)?(?:wall|gate|teaser).{0,20}|wp-block-premium-content-logged-out-view"
        r"|jetpack-subscribe-paywall|regwall.{0,40}|poool-.{0,40}|laterpay.{0,40}|steady-paywall.{0,40}"
    ),
    re.compile("|".join(_PAYWALL_PHRASES)),
)
_LOGIN_PHRASES = (
    r"(?:log|sign) ?in to (?:read|continue|view|see|access)|you must be logged in to|please (?:log|sign) ?in(?: to|\.)",
    r"members only|nur für (?:angemeldete|mitglieder|registrierte)|(?:bitte )?(?:melden sie sich an|anmelden),? um",
    r"connectez-vous pour|réservé aux membres|inicia sesión para|accedi per|faça login para|inloggen om|войдите,? чтобы"
    r"|ログインして|登录后|سجّ?ل الدخول",
)
LOGIN = Signs(
    re.compile(
        r"(?:.{0,30}[-_])?login-(?:required|wall|to-read|gate)(?:[-_].{0,30})?|loginform|members-access-error|um-login|private-content.{0,20}"
    ),
    re.compile("|".join(_LOGIN_PHRASES)),
)
_CONSENT_PHRASES = (
    r"before you continue|(?:we|wir|nous) (?:and our|und unsere|et nos) (?:\d+ )?(?:partners|partner|partenaires)",
    r"(?:accept|agree to) (?:all )?cookies (?:to|and) (?:continue|read|view)|accept all|agree and (?:close|continue)",
    r"cookies? (?:akzeptieren|zustimmen)|alle akzeptieren|zustimmen und weiter|mit werbung (?:weiter)?lesen",
    r"tout accepter|accepter (?:et continuer|les cookies)|aceptar (?:todo|cookies|y continuar)|accetta (?:tutto|e continua)",
    r"aceitar (?:tudo|todos)|alles accepteren|принять все|全て同意|接受所有",
)
CONSENT = Signs(
    re.compile(
        r"(?:.{0,30}[-_])?(?:consent|cookie)[-_]?(?:wall|gate|page|screen)(?:[-_].{0,30})?|fc-consent-root|message-container-consent"
    ),
    re.compile("|".join(_CONSENT_PHRASES)),
)
_ELSEWHERE_PHRASES = (
    r"(?:not|un)\s?available (?:to (?:users|visitors|readers) )?(?:in|from) your (?:country|region|location|area)",
    r"(?:unavailable|not available|blocked|restricted) (?:in|for) (?:the )?"
    r"(?:european economic area|eea|european union|your country)",
    r"access (?:from|in) your (?:country|region|location) (?:is|has been) (?:not|denied|restricted|blocked)",
    r"451: unavailable (?:due to|for) legal reasons|in ihrem (?:land|gebiet) (?:leider )?nicht verfügbar",
    r"(?:pas|n'est pas) (?:disponible|accessible) dans votre (?:pays|région)",
    r"no (?:está )?disponible en (?:su|tu) (?:país|región)",
    r"недоступ\w{1,4} в ваш\w{1,4} (?:стране|регионе)|お住まいの(?:国|地域)では|您所在的(?:国家|地区)",
)
ELSEWHERE = Signs(
    re.compile(r"geo-?(?:block|restrict|fence).{0,40}|country-?block.{0,40}|not-available-in-.{0,30}"),
    re.compile("|".join(_ELSEWHERE_PHRASES)),
)
_NOT_FOUND_PHRASES = (
    r"page (?:was |could ?n[o'’]t be |can(?:no|'|’)t be )?(?:not )?found",
    r"(?:that|this|the) page (?:can(?:no|['’])t|could(?:n['’]t| not)) be found",
    r"nothing (?:was )?found|404 (?:-|–|:|not|error)|error 404|no longer (?:available|exists)|does(?:n['’]t| not) exist",
    r"seite (?:wurde )?(?:leider )?nicht gefunden|page (?:non trouvée|introuvable)|página no encontrada|pagina non trovata",
    r"página não encontrada|pagina niet gevonden|nie znaleziono|страница не найдена",
    r"ページが見つかりません|页面(?:不存在|未找到)|الصفحة غير موجودة",
)
NOT_FOUND = Signs(
    re.compile(r"error-?404.{0,20}|page-?not-?found|not-?found-?(?:page|content)?|no-results"),
    re.compile("|".join(_NOT_FOUND_PHRASES)),
)


_LOGIN_PATH = re.compile(
    r"/(?:wp-login\.php|wp-signup\.php|log-?in|sign-?in|signin|anmelden|connexion|acceso|accedi|entrar|auth|sso|my-account|mein-konto)"
    r"(?:[/.]|\Z)",
    re.IGNORECASE,
)
_CONSENT_PATH = re.compile(
    r"/(?:consent|cookie-?(?:wall|consent)|privacy-?gate|zustimmung|gdpr)(?:[/.]|\Z)", re.IGNORECASE
)
_LOGIN_HOST = re.compile(r"(?:login|auth|accounts?|sso|id)\.", re.IGNORECASE)
_CONSENT_HOST = re.compile(r"(?:consent|guce|cmp|privacy)\.", re.IGNORECASE)


def _is_at(url: str, host: re.Pattern[str], path: re.Pattern[str]) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return path.search(parts.path) is not None or host.match(parts.hostname or "") is not None


def is_login_place(url: str) -> bool:
    """Return whether people log in at this address."""
    return _is_at(url, _LOGIN_HOST, _LOGIN_PATH)


def is_consent_place(url: str) -> bool:
    """Return whether people are asked for their consent at this address."""
    return _is_at(url, _CONSENT_HOST, _CONSENT_PATH)
