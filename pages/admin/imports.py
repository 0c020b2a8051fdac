"""Import history: which files came in, by whom, what they did; go on, take back, mend."""

from ui import import_history, page

page.require("*.import")
import_history.show()
