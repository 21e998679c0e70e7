-- The snippet as a browser asks for it.
wrk.headers["Accept-Encoding"] = "gzip, deflate, br"
