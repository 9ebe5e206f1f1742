from test_browser_login import *
def test_pics(chromium, url):
    out=Path("/tmp/oidcprobe/pics")
    for n,(aud,acc,ans) in enumerate((("holder","weak-1","登录"),("staff","stranger-1","登录"),("holder","citizen-1","登录"))):
        def act(page):
            at_provider(page,acc,ans); page.wait_for_load_state("load")
            if acc=="citizen-1": page.screenshot(path=str(out/"3form.png")); page.click("main button"); page.wait_for_load_state("load")
        (out/f"{n}.png").write_bytes(chromium.view(f"{url}/login/{aud}?next=/logout",act=act).screenshot)
    (out/"4.png").write_bytes(chromium.view(f"{url}/login?next=/x").screenshot)
