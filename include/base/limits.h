/*
 * Every limit on input, memory and time, in one place. Lengths of names and messages are in
 * characters (Unicode code points), everything else as its name says. A reader who wants to know how
 * large something may grow looks here and nowhere else.
 */
#ifndef OFFHOOK_BASE_LIMITS_H
#define OFFHOOK_BASE_LIMITS_H

#define SECOND ((usec_t)1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

enum {
	/* text of people and statuses */
	LIMIT_SLUG = 64,            /* bytes, [a-z0-9-] */
	LIMIT_NAME = 64,            /* characters of a status name or a person's name */
	LIMIT_ICON_BYTES = 64,      /* one grapheme cluster */
	LIMIT_STATUS_TEXT = 80,     /* characters */
	LIMIT_MESSAGE = 140,        /* characters */
	LIMIT_TEXT_BYTES = 4 * 140, /* the bytes those can take */
	LIMIT_JID_BYTES = 1023,     /* of each part: RFC 6122 section 2 */
	LIMIT_CONTACT_BYTES = 256,  /* localpart of a contact address */
	LIMIT_ZONE_BYTES = 64,
	LIMIT_EXPIRY_DAYS = 3660,                                   /* how far ahead an expiry may lie */
	LIMIT_DEFAULT_EXPIRY_MINUTES = LIMIT_EXPIRY_DAYS * 24 * 60, /* of a status */

	/* calls */
	LIMIT_PBX_NAME = 64, /* bytes, [a-z0-9-] */
	LIMIT_EXTENSION_BYTES = 64,
	LIMIT_CALL_ID_BYTES = 255,
	LIMIT_LEG_ID_BYTES = 255,
	LIMIT_EVENT_ID_BYTES = 255,
	LIMIT_EVENTS_PER_POST = 1000,
	LIMIT_EXTENSIONS_PER_PERSON = 32,
	LIMIT_UNKNOWN_EXTENSIONS = 10000, /* a tenant: with a call or a registration, but nobody's */
	LIMIT_LIVE_LEGS = 24000,          /* a tenant; a snapshot of as many must fit into LIMIT_STORE_ROWS */
	LIMIT_LEGS_PER_EXTENSION = 64,    /* live ones; the oldest is taken as ended */
	LIMIT_ENDED_LEGS = 262144,        /* a tenant; the oldest are forgotten first */
	LIMIT_EVENT_IDS = 65536,          /* a PBX; remembered in memory, PostgreSQL keeps 7 days */
	LIMIT_CLOCKS_APART_MINUTES = 5,   /* that of a PBX and ours, in order to be compared */
	LIMIT_RINGING_MINUTES = 5,
	LIMIT_ENDED_HOURS = 24,
	LIMIT_EVENT_ID_DAYS = 7,
	LIMIT_DIALOG_DEPTH = 16,         /* of elements in a dialog-info document */
	LIMIT_DIALOG_ENTITIES = 16384,   /* whose last version of dialog-info is remembered */
	LIMIT_DIALOG_QUIET_SECONDS = 60, /* after so long a full document counts whatever its version */
	LIMIT_SIGNATURE_SECONDS = 300,   /* that a signed time may be off */
	LIMIT_SIGNATURES = 32768,        /* a PBX; with a time, remembered so that they count once */

	/* Asterisk's manager interface */
	LIMIT_AMI_FIELDS = 64,                 /* of a block; one beyond this or the next is passed over */
	LIMIT_AMI_LINE_BYTES = 8 * 1024,       /* the name and the value */
	LIMIT_AMI_BLOCK_BYTES = 32 * 1024,     /* all names and values */
	LIMIT_AMI_ENDLESS_BYTES = 1024 * 1024, /* without the end of a block: that is no manager */
	LIMIT_AMI_OUT_BYTES = 1024 * 1024,     /* actions that wait to be sent; beyond, the link is remade */
	LIMIT_AMI_LOGIN_SECONDS = 10,          /* from the connection to the answer */
	LIMIT_AMI_LIST_SECONDS = 30,           /* without any byte while lists are awaited */
	LIMIT_AMI_LISTS_SECONDS = 120,         /* until all of them are complete */
	LIMIT_ASTERISK_DEVICES = 50000,        /* a PBX; further ones are not looked at */
	LIMIT_ASTERISK_EXTENSIONS = 50000,     /* a PBX, with a hint; further ones are not looked at */
	LIMIT_ASTERISK_HINT_DEVICES = 16,      /* of one hint */
	LIMIT_ASTERISK_NAME_BYTES = 128,       /* of a device or a context */
	LIMIT_ASTERISK_IDLE_MS = 200,          /* a call that ends and goes on within was one call */
	LIMIT_ASTERISK_GRACE_SECONDS = 60,     /* calls stand so long without the link */
	LIMIT_ASTERISK_REFRESH_SECONDS = 300,  /* then all lists are read again */
	LIMIT_ASTERISK_VERIFY_HOURS = 4,       /* a call older than this must have a channel */
	LIMIT_ASTERISK_TEXT = 210,             /* characters of a presence's message */
	LIMIT_ASTERISK_TEXT_BYTES =
		660, /* of one that we write: as base64, with all else, Asterisk has a line of 1024 */
	LIMIT_ASTERISK_WRITES = 32, /* on their way at the same time */
	LIMIT_ASTERISK_WRITES_PER_SECOND = 50,
	LIMIT_ASTERISK_ECHO_MS = 1000,  /* after Asterisk said yes, for the event that shows it */
	LIMIT_ASTERISK_SETTLE_MS = 150, /* after something was set at a phone, for what belongs to it */
	LIMIT_ASTERISK_ANSWER_SECONDS = 10,
	LIMIT_ASTERISK_REPLACED = 3, /* presences of an extension, by another Offhook in a minute */
	LIMIT_ASTERISK_LOOKS = 500,  /* extensions looked at in a turn */

	/* catalogue and people */
	LIMIT_STATUSES = 5000,       /* a tenant */
	LIMIT_STATUSES_EVER = 50000, /* a tenant, with deleted ones, whose ids are never used again */
	LIMIT_PEOPLE = 200000,       /* a tenant */
	LIMIT_RECENT = 5,            /* statuses that a person chose last, offered first */
	LIMIT_CHOICES_IN_LIST = 100, /* a list-single longer than this becomes text-single */
	LIMIT_ORDER_SHOWN =
		1000, /* statuses filled in to be ordered: their answer must fit the next limits */
	LIMIT_IMPORT_BYTES = 16 * 1024 * 1024, /* of a file with people or statuses */
	LIMIT_IMPORT_PEOPLE = 50000,           /* in one file */
	LIMIT_IMPORT_PROBLEMS = 20,            /* told of one file */
	LIMIT_IMPORT_TRIES = 10,               /* when others change people at the same time */

	/* devices */
	LIMIT_DEVICES = 32,             /* a person; one more takes the place of the longest unchanged */
	LIMIT_DEVICE_GRACE_SECONDS = 3, /* a device that comes back within was never gone */
	LIMIT_FEED_SETTLE_SECONDS = 3,  /* who has not answered a probe by then is offline */
	LIMIT_FEED_SETTLE_ANSWERED_SECONDS = 1, /* after the first answer: then all devices have answered */
	LIMIT_LOGIN_OFFLINE_MINUTES = 5,        /* offline at least so long before `on_login` acts */
	LIMIT_AUTO_AWAY_MINUTES = 1440,
	LIMIT_CAPS = 4096,          /* kinds of clients remembered; one more takes the place of the oldest */
	LIMIT_CAPS_QUESTIONS = 256, /* kinds of clients asked about at the same time */
	LIMIT_CAPS_WAITING = 20000, /* devices of those kinds; of more the class is not known for now */
	LIMIT_CAPS_SECONDS = 10,    /* for an answer */
	LIMIT_FEED_PROBES_PER_SECOND = 4000,
	LIMIT_FEED_ASKS_PER_SECOND = 100, /* subscriptions asked for and ended: servers write each to disk */
	LIMIT_FEED_ASKS = 1024,       /* people to be asked soon; with more, everybody is looked at again */
	LIMIT_FEED_FAREWELLS = 20000, /* subscriptions to be ended; of more, what they tell is ignored */
	LIMIT_FEED_HURRIED = 256, /* people to be probed ahead of all; of more, all are on their way anyway */
	LIMIT_FEED_UNSURE = 1024, /* requests that the server has not said it took; more count as lost */
	LIMIT_FEED_LOOKS = 1024,  /* accounts remembered that were asked again lately */
	LIMIT_FEED_ADVERTISE_SECONDS = 1, /* after a connect, before accounts are asked (XEP-0356) */
	LIMIT_FEED_PRIVILEGE_SECONDS = 3, /* after a connect, the server that told of all accounts before */

	/* XMPP */
	LIMIT_STANZA_BYTES = 256 * 1024, /* a stanza beyond this or one of the next is passed over */
	LIMIT_STANZA_DEPTH = 32,
	LIMIT_STANZA_ELEMENTS = 8192,
	LIMIT_STANZA_CHILDREN = 1024,        /* of one element, as adding one costs a walk past the others */
	LIMIT_STANZA_ATTRIBUTES = 64,        /* of one element */
	LIMIT_NAMESPACE_BYTES = 512,         /* each of those elements has a copy of its namespace */
	LIMIT_STANZA_OUT_BYTES = 500 * 1000, /* of our own: Prosody ends a component's stream at 512 KiB */
	LIMIT_PARSER_BYTES =
		1024 * 1024, /* an XML parser is renewed after this much, as it keeps every name */
	LIMIT_AHEAD = 8,     /* announcements or watchers whose memory is fetched before their turn */
	LIMIT_STREAM_OUT_LOW = 128 * 1024,       /* the publisher fills up to this many waiting bytes */
	LIMIT_STREAM_OUT_HIGH = 1024 * 1024,     /* nothing is read while more than this waits */
	LIMIT_STREAM_OUT_MAX = 16 * 1024 * 1024, /* the stream is remade when more than this waits */
	LIMIT_STREAM_UNSENT = 256 * 1024,     /* that the kernel takes and cannot send; the rest waits here */
	LIMIT_UNREAD_BYTES = 8 * 1024 * 1024, /* that wait at a slow server: Linux keeps up to 6 MiB */
	LIMIT_READ_BYTES_PER_SECOND = 64 * 1024, /* a server that reads more slowly may be taken for dead */
	LIMIT_CONNECT_SECONDS = 5,
	LIMIT_WATCHERS = 8000000, /* subscriptions of a tenant */
	LIMIT_WATCHERS_PER_CONTACT = 20000,
	/* of both: those of other domains that the tenant allows, so that colleagues always fit */
	LIMIT_WATCHERS_OUTSIDE = LIMIT_WATCHERS / 4,
	LIMIT_WATCHERS_OUTSIDE_PER_CONTACT = LIMIT_WATCHERS_PER_CONTACT / 4,
	LIMIT_CONTACTS_PER_WATCHER = 200000,
	LIMIT_WATCHER_DAYS = 180,
	LIMIT_WATCHERS_DROPPED =
		100, /* in a day, or a tenth of all if that is more; beyond, the clock is doubted */
	LIMIT_WATCHER_REFRESH_DAYS =
		7, /* at least this old before it is stored again that one was heard of */
	LIMIT_REPUBLISH_PER_SECOND = 2000, /* stanzas, to those whose view should be right already */
	LIMIT_AUTO_PEOPLE = 1000,          /* accounts becoming people at the same time */
	LIMIT_COMMAND_SESSIONS = 10000,
	LIMIT_COMMAND_SESSION_MINUTES = 15,
	LIMIT_FORM_FIELDS = 32, /* of one form */
	LIMIT_FORM_CHARACTERS =
		1024, /* of a value whose field says nothing else, and of a bad one given back */
	LIMIT_FORM_LINES = LIMIT_ORDER_SHOWN, /* of a field that is shown, and how long they are as XML: */
	LIMIT_FORM_LINES_BYTES = 250 * 1000,  /* of more, none is shown */
	LIMIT_CHAT_BYTES = 2048,              /* of a chat line */
	LIMIT_CHAT_CANDIDATES = 10, /* statuses or people named when a chat line could mean several */
	LIMIT_CHAT_LIST = 60,       /* statuses that `list` shows */
	LIMIT_CHAT_LINES = 20,      /* of one sender, answered in a minute */
	LIMIT_CHAT_WRITERS = 10000, /* a tenant; those of the last minute, the oldest goes first */
	LIMIT_THREAD_BYTES = 255,   /* of a message's thread, to be given back */
	LIMIT_REDIRECTS = 10000,    /* (sender, contact) told today where to write instead, a tenant */
	LIMIT_NOTICES = 200000,     /* messages to people that wait to be sent; beyond, dropped */
	LIMIT_ACTIVITY_DEVICES =
		100000, /* that wait to hear of activities as they come online; beyond, they hear
	                                     only of changes */
	LIMIT_PING_SECONDS = 30,
	LIMIT_PONG_SECONDS = 10,
	LIMIT_HANDSHAKE_SECONDS = 10,
	LIMIT_SIGN_OFF_SECONDS = 5,
	LIMIT_PAGE = 100,          /* items of a disco or HTTP page */
	LIMIT_AUDIT_PAGE = 50,     /* rows, which may be long */
	LIMIT_AUDIT_PAGES = 10000, /* that can be turned to */

	/* HTTP */
	LIMIT_HTTP_BODY = 1024 * 1024,
	LIMIT_HTTP_HEADERS = 16 * 1024,
	LIMIT_HTTP_CONNECTIONS = 1000,
	LIMIT_HTTP_REQUEST_SECONDS = 15, /* from the first byte to the last of one request */
	LIMIT_HTTP_IDLE_SECONDS = 75,
	LIMIT_COMMIT_SECONDS = 2,                /* then 503: possibly taken */
	LIMIT_FAILED_LOGINS = 20,                /* 401s a minute and address, then 429 */
	LIMIT_HTTP_PATH = 2048,                  /* bytes of a path or a query as sent */
	LIMIT_HTTP_RECEIVING = 64 * 1024 * 1024, /* bytes of all unanswered requests together */
	LIMIT_FAILED_LOGIN_ADDRESSES = 4096,     /* remembered; a newer one takes an older one's place */
	LIMIT_PEOPLE_SCAN = 2000,                /* people looked at for one filtered page */
	LIMIT_JSON_DEPTH = 16,
	LIMIT_LISTENERS = 200, /* of the live stream, a tenant */
	LIMIT_LIVE_CHANGES =
		65536, /* a tenant; kept for who comes back, who lags further behind begins anew */
	LIMIT_LIVE_BYTES = 64 * 1024, /* on their way to one listener; the next waits until they are taken */
	LIMIT_LIVE_RENDERED = 500,    /* people rendered in a turn, for all listeners */
	LIMIT_LIVE_KEEP_ALIVE_SECONDS = 15,
	LIMIT_LIVE_RETRY_MILLISECONDS = 2000, /* after which a listener should come back */

	/* PostgreSQL */
	LIMIT_STORE_ROWS = 50000,          /* waiting to be written; beyond, 503 */
	LIMIT_STORE_ROWS_MOST = 200000,    /* the same for rows that nobody asked room for; beyond, dropped */
	LIMIT_STORE_ROW_BYTES = 16 * 1024, /* one row as JSON */
	LIMIT_STORE_BATCH = 1000,          /* rows a transaction */
	LIMIT_STORE_REQUESTS = 256,        /* requests waiting on one connection */

	/* files of the command line */
	LIMIT_EXPORT_BYTES = 1024 * 1024 * 1024, /* a file that is written */

	/* configuration */
	LIMIT_TENANTS = 64,
	LIMIT_PBXES = 256,
	LIMIT_CLIENTS = 256,
	LIMIT_ADMINS = 256, /* a tenant */
	LIMIT_CONFIG_BYTES = 1024 * 1024,
	LIMIT_SECRET_BYTES = 512,
	LIMIT_LEASE_SECONDS_LEAST = 10,
	LIMIT_LEASE_SECONDS = 7 * 24 * 3600,
};

#endif
