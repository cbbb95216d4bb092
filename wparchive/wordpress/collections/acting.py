"""Which routes of unknown plug-ins are never asked for: a word of their names speaks of an effect.

The index says of a route only that GET is allowed, and plug-ins answer GET on routes that delete, send or run something.
So a name decides: each of its words after the namespace, where one stands for an act (`clear-cache`, `cart/empty`), or
for a transaction (`checkout`). Names of lists are plural as a rule, and no plural of a verb is a verb: `exports` may be
read, `export` not.
"""

import re

from wparchive.wordpress.collections.plugins import after_version

__all__ = ["acting_word"]

_SPOKEN = (
    # what is changed, or taken away
    """abort accept activate add adjust append apply approve assign attach autosave ban bump cancel change
    claim clean cleanup clear close clone commit convert copy create deactivate decline decrease decrement delete deny
    deploy destroy detach disable discard dislike dismiss do drop duplicate edit empty enable enrol enroll erase expire
    finish fix flag flush hide increase increment init initialize insert install invalidate join kill leave like lock
    mark merge migrate modify move mute optimise optimize optin optout overwrite patch pause pin prune publish purge put
    react rebuild recalculate recount redo refresh regenerate register reindex reject remove rename renew repair replace
    reply reschedule reset resolve restart restore resume retry revert revoke rollback rotate save set
    setup shuffle signup start stop submit subscribe swap switch toggle track transfer trash
    truncate unapprove unassign unban uninstall unlike unlink unlock unpin unpublish unregister unschedule unset
    unsubscribe untrash unvote update upgrade upload upvote downvote validate verify view visit vote wipe"""
    # what is made to run, or sent
    """ ajax backup beacon broadcast build bulk callback click compile compress cron crosspost debug dequeue dispatch
    download dump email enqueue exec execute export forward generate heartbeat hit hook impression import
    index invite invoke keepalive launch log mail notify perform ping poke populate postback preload prefetch
    process proxy pull push queue redirect render resend resync run scan sendmail send share shutdown sms sync
    synchronise synchronize test trigger tweet warmup webhook webhooks batch encode"""
    # who somebody is
    """ auth authenticate authorise authorize connect disconnect handshake impersonate login logout nonce nonces
    oauth otp password passwords session signin signout token tokens logon logoff"""
    # what is bought
    """ basket baskets booking buy cart carts checkout checkouts donate invoice order pay payment payments
    purchase redeem refund refunds reservation reserve subscription transaction transactions wishlist"""
)
_VERBS = frozenset(_SPOKEN.split())
# Written as one word with a verb before it, as in `clearcache`.
_AFTER = (
    "all cache cart cron data db email emails file files index item items job jobs key mail mails now order orders post "
    "posts queue session settings task tasks token transients user users"
)
_OBJECTS = frozenset(_AFTER.split())
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def acting_word(route: str) -> str:
    """Return the word in the name of a route, after its namespace, that speaks of an effect; "" if none does.

    The route may be spelled as its plug-in spells it: capitals begin words.
    """
    return next((word for word in map(str.lower, _WORD.findall(after_version(route))) if _acts(word)), "")


def _acts(word: str) -> bool:
    return word in _VERBS or any(word.endswith(what) and word.removesuffix(what) in _VERBS for what in _OBJECTS)
