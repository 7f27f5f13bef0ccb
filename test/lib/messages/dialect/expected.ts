/** What each recorded frame is to be taken for, recording by recording, in the order in which they were said. */
export const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  "auto-reprepro-broken-deb": [
    "repository: Package broken_1_all.deb / bookworm added to repository.",
    'MESSAGE_INVALID: Cannot read a text of auto-reprepro: "broken_1_all.deb" was not added: #<Process::Status: pid 6446 exit 255>',
  ],
  "auto-reprepro-missing-archive-dir": [],
  "auto-reprepro-shell-injection-filename": [
    "repository: Package x;touch INJECTED;.deb / bookworm added to repository.",
    'MESSAGE_INVALID: Cannot read a text of auto-reprepro: "x;touch INJECTED;.deb" was not added: #<Process::Status: pid 6714 exit 127>',
  ],
  "auto-reprepro-two-distros": [
    "repository: Package kit-world_2.0_all.deb / bookworm added to repository.",
    "kit-world 2.0 all added kit-world_2.0_all.deb",
    "repository: Package kit-hello_1.1_all.deb / trixie added to repository.",
    "kit-hello 1.1 all added kit-hello_1.1_all.deb",
  ],
  "bloatagent-git_checkout": [
    "deploys: bloatagent on vm checked out tag v2 from repo /srv/kit/mco/old/data/repo/wormpress to target /srv/kit/mco/old/data/deploy/wormpress_v2 request id 1777e13a67f2f09ebd0708d388a81683",
  ],
  "git-push-branch-three-commits": [
    'shop refs/heads/master ed02850 da18575 updated | da18575 Kit Tester 2014-09-24T11:00:04.000Z "commit 3 of three"',
    "gitolite: [shop] refs/heads/master da1857546501f16e44f19ededfac449ec6b46134",
  ],
  "git-push-force": [
    'shop refs/heads/master a35c3f5 713c9ce updated | 713c9ce Jörg 2014-09-24T11:00:30.000Z "Amended message"',
    "gitolite: [shop] refs/heads/master 713c9ce3aa6e54e047fff8a46fa710f6e1b7a678",
  ],
  "git-push-latin1-commit": [
    'shop refs/heads/master 2ad099b a35c3f5 updated | a35c3f5 Jörg 2014-09-24T11:00:28.000Z "--broken encoding: UTF-16BE"',
    "gitolite: [shop] refs/heads/master a35c3f528fe9039511d494292add861ad7ce6831",
  ],
  "git-push-message-that-spoofs-repo": [
    'shop refs/heads/master ab62b61 0c40bf1 updated | 0c40bf1 Kit Tester 2014-09-24T11:00:08.000Z "innocent\\n\\nrepo: puppet-environments\\n\\nrefname: refs/heads/evil"',
    "gitolite: [shop] refs/heads/master 0c40bf142f2265b933917501f83f2d8d2b68fce1",
  ],
  "git-push-multiline-message": [
    'shop refs/heads/master da18575 ab62b61 updated | ab62b61 Kit Tester 2014-09-24T11:00:06.000Z "Subject line\\n\\nBody paragraph: with colon.\\n\\nSigned-off-by: Kit <kit@example.org>"',
    "gitolite: [shop] refs/heads/master ab62b6180619cf774359cc4dbd4d4942795ae016",
  ],
  "git-push-multiref-direct-with-deletion-first": [],
  "git-push-multiref-direct": [
    'shop refs/heads/br-c 0000000 ab103e3 created | ab103e3 Kit Tester 2014-09-24T11:00:34.000Z "on br-c"',
    "gitolite: [shop] refs/heads/br-c ab103e3b199fcf6724d17f6bf96d19bd25d633f2",
    'shop refs/heads/br-d 0000000 2e933a4 created | 2e933a4 Kit Tester 2014-09-24T11:00:34.000Z "on br-d"',
    "gitolite: [shop] refs/heads/br-d 2e933a49a0c61b0623044eabea882b64bb20ecd2",
    'shop refs/tags/v3.0 0000000 2e933a4 created | 2e933a4 Kit Tester 2014-09-24T11:00:34.000Z "on br-d"',
    "gitolite: [shop] refs/tags/v3.0 2e933a49a0c61b0623044eabea882b64bb20ecd2",
  ],
  "git-push-multiref-wrapper": [
    'shop refs/heads/br-a 0000000 97b33bf created | 97b33bf Kit Tester 2014-09-24T11:00:32.000Z "on br-a"',
    "gitolite: [shop] refs/heads/br-a 97b33bf8921d2de332d18d79248e95082af61864",
    'shop refs/heads/br-b 0000000 4f0daf3 created | 4f0daf3 Kit Tester 2014-09-24T11:00:32.000Z "on br-b"',
    "gitolite: [shop] refs/heads/br-b 4f0daf3574e567262e8cd132d40825303d4c9e90",
    'shop refs/tags/v2.0 0000000 4f0daf3 created | 4f0daf3 Kit Tester 2014-09-24T11:00:32.000Z "on br-b"',
    "gitolite: [shop] refs/tags/v2.0 4f0daf3574e567262e8cd132d40825303d4c9e90",
  ],
  "git-push-new-branch-no-commits": [
    'shop refs/heads/same-as-master 0000000 0c40bf1 created | 0c40bf1 Kit Tester 2014-09-24T11:00:08.000Z "innocent\\n\\nrepo: puppet-environments\\n\\nrefname: refs/heads/evil"',
    "gitolite: [shop] refs/heads/same-as-master 0c40bf142f2265b933917501f83f2d8d2b68fce1",
  ],
  "git-push-nonascii-author-only": [
    'shop refs/heads/master fa396b9 7fc7031 updated | 7fc7031 Zoë Ünïcødé 山田 2014-09-24T11:00:22.000Z "plain ascii message"',
    "gitolite: [shop] refs/heads/master 7fc7031468dd29822b16ef0b7194530392d1abe1",
  ],
  "git-push-nonascii-branch": [
    "MESSAGE_INVALID: Cannot read a commit.pushed: ref must be a full ref such as refs/heads/main",
    "gitolite: [shop] refs/heads/fonctionnalité-☃ 55a9b6ce6cf2ad1530296fbec371c7997beec380",
  ],
  "git-push-nonascii-message-only": [
    'shop refs/heads/master 7fc7031 2ad099b updated | 2ad099b Kit Tester 2014-09-24T11:00:24.000Z "Añadir ☃ snowman — 修正"',
    "gitolite: [shop] refs/heads/master 2ad099b85c58c7e3d86e2e616256a337e2ce0dcb",
  ],
  "git-push-nonascii-shimmed": [
    'shop refs/heads/master 713c9ce 6620c72 updated | 6620c72 Zoë Ünïcødé 山田 2014-09-24T11:03:21.000Z "Añadir ☃ snowman — 修正"',
    "gitolite: [shop] refs/heads/master 6620c72a88d7ad640e9b1fe04afe7c834de0aaff",
  ],
  "git-push-tag-annotated": [
    'shop refs/tags/v1.1 0000000 d072e27 created | d072e27 Kit Tester 2014-09-24T11:00:08.000Z "innocent\\n\\nrepo: puppet-environments\\n\\nrefname: refs/heads/evil"',
    "gitolite: [shop] refs/tags/v1.1 d072e2709ec578586d5f980b6de6cd12b86eaede",
  ],
  "git-push-tag-deleted": [],
  "git-push-tag-lightweight": [
    'shop refs/tags/v1.0 0000000 0c40bf1 created | 0c40bf1 Kit Tester 2014-09-24T11:00:08.000Z "innocent\\n\\nrepo: puppet-environments\\n\\nrefname: refs/heads/evil"',
    "gitolite: [shop] refs/tags/v1.0 0c40bf142f2265b933917501f83f2d8d2b68fce1",
  ],
  "gitagent-0.6-git_checkout": [
    "deploys: git-agent on vm checked out tag v2 from repo /srv/kit/mco/old/data/repo/wormpress to target /srv/kit/mco/old/data/site/example request id 52cee4f48180774ad3851c09bc67b55b type live",
  ],
  "github-branch-deleted": [
    "github refs/heads/master 5aef359 0000000 deleted",
    "stomp-git: Triggered fetch from Github: [github] refs/heads/master 0000000000000000000000000000000000000000",
  ],
  "github-push": [
    'github refs/heads/master 5aef359 de8251f updated | de8251f zoë@example.org 2008-02-15T22:36:34.000Z "update pricing a tad\\nrepo: evil ☃"',
    "stomp-git: Triggered fetch from Github: [github] refs/heads/master de8251ff97ee194a289832576287d6f8ad74e3d0",
  ],
  "github-tag-push": [
    "github refs/tags/v1 0000000 de8251f created",
    "stomp-git: Triggered fetch from Github: [github] refs/tags/v1 de8251ff97ee194a289832576287d6f8ad74e3d0",
  ],
  "gitlab-bad-json": [],
  "gitlab-branch-deleted-empty-commits-fa4b603": [
    "Diaspora refs/heads/master 95790bf 0000000 deleted",
    "gitlab: [Diaspora] refs/heads/master 0000000000000000000000000000000000000000 (webhook)",
  ],
  "gitlab-branch-deleted-empty-commits": [],
  "gitlab-branch-deleted": [
    "diaspora refs/heads/master 95790bf 0000000 deleted",
    "gitlab: John Smith pushed unknown commit(s) to diaspora - http://gitlab.example.org/mike/diaspora/commits/0000000000000000000000000000000000000000 (webhook)",
  ],
  "gitlab-merge-request-9ee0382": [
    "gitlab: Merge request (MS-Viewport) opened by Administrator: awesome_space:ms-viewport -> awesome_space:master",
  ],
  "gitlab-merge-request-old": ["gitlab: Merge request (T) merged by unknown: unknown:x -> unknown:master"],
  "gitlab-push-commits-null-gitolite-url": [],
  "gitlab-push-commits-null-ssh-url-nested-group": [
    "sub/diaspora refs/heads/master 95790bf da15608 updated",
    "gitlab: John Smith pushed unknown commit(s) to sub/diaspora - h/commits/da1560886d4f094c3e6c9ef40349f7d38b5d27d7 (webhook)",
  ],
  "gitlab-push-commits-null": [
    "diaspora refs/heads/master 95790bf da15608 updated",
    "gitlab: John Smith pushed unknown commit(s) to diaspora - http://gitlab.example.org/mike/diaspora/commits/da1560886d4f094c3e6c9ef40349f7d38b5d27d7 (webhook)",
  ],
  "gitlab-push-with-commits-907d5e0fixed": [
    'diaspora refs/heads/master 95790bf da15608 updated | da15608 gitlabdev@dv6700.(none) 2012-01-03T21:36:29.000Z "fixed readme\\n\\nrepo: evil\\n— ☃"',
    "gitlab: John Smith pushed 2 commit(s) to diaspora - http://gitlab.example.org/mike/diaspora/commits/da1560886d4f094c3e6c9ef40349f7d38b5d27d7 (webhook)",
  ],
  "gitlab-push-with-commits-9ee0382": [
    'Diaspora refs/heads/master 95790bf da15608 updated | da15608 gitlabdev@dv6700.(none) 2012-01-03T21:36:29.000Z "fixed readme\\n\\nrepo: evil\\n— ☃"',
    "gitlab: John Smith pushed 2 commit(s) to Diaspora - http://gitlab.example.org/mike/diaspora/commits/da1560886d4f094c3e6c9ef40349f7d38b5d27d7 (webhook)",
  ],
  "gitlab-push-with-commits-fa4b603": [
    'Diaspora refs/heads/master 95790bf da15608 updated | da15608 gitlabdev@dv6700.(none) 2012-01-03T21:36:29.000Z "fixed readme\\n\\nrepo: evil\\n— ☃"',
    "gitlab: [Diaspora] refs/heads/master da1560886d4f094c3e6c9ef40349f7d38b5d27d7 (webhook)",
  ],
  "gitlab-push-with-commits": [],
  "gitlab-push-with-object-kind-commits-null": [
    "diaspora refs/heads/master 95790bf da15608 updated",
    "gitlab: John Smith pushed unknown commit(s) to diaspora - http://gitlab.example.org/mike/diaspora/commits/da1560886d4f094c3e6c9ef40349f7d38b5d27d7 (webhook)",
  ],
  "gitlab-tag-push": [],
  "jenkins-helper-no-git-branch": [],
  "jenkins-helper-success-origin-branch": [
    "my-Jenkins-project@de8251ff97ee194a289832576287d6f8ad74e3d0 my-Jenkins-project refs/heads/feature/x de8251f passed http://jenkins.yourorg.com:8080/job/my-Jenkins-project/42/",
    "jenkins: Complete job 42 - [my-Jenkins-project] origin/feature/x de8251ff97ee194a289832576287d6f8ad74e3d0",
  ],
  "jenkins-helper-success": [
    "example@de8251ff97ee194a289832576287d6f8ad74e3d0 example refs/heads/master de8251f passed http://jenkins.yourorg.com:8080/job/my-Jenkins-project/42/",
    "jenkins: Complete job 42 - [my-Jenkins-project] example/master de8251ff97ee194a289832576287d6f8ad74e3d0",
  ],
  "stomp-access-expiry": [
    "erin asks for example-site with pw",
    "stageaccess: vm Added erin to /srv/kit/etc/access/example-preview.access",
  ],
  "stomp-access-grant-haproxy": [
    "carol asks for different-site with pw3",
    "stageaccess: vm Added carol to /srv/kit/etc/access/different.access",
  ],
  "stomp-access-grant-nginx-second": [
    "bob asks for example-site with battery staple: x",
    "stageaccess: vm Added bob to /srv/kit/etc/access/example-preview.access",
  ],
  "stomp-access-grant-nginx": [
    "alice@example.org asks for example-site with correcthorse",
    "stageaccess: vm Added alice@example.org to /srv/kit/etc/access/example-preview.access",
  ],
  "stomp-access-mangled-users-file": ["frank asks for example-site with pw"],
  "stomp-access-newline-injection": [
    "MESSAGE_INVALID: Cannot read an access.asked: user must be a login without blanks and colons",
    "stageaccess: vm Added mallory password plain to /srv/kit/etc/access/different.access",
  ],
  "stomp-access-unknown-site": ["x asks for nope with y"],
  "stomp-git-317-atomic-mode-push": [
    'atomic refs/heads/master 30e9101 0f26f33 updated | 0f26f33 Kit Tester 2026-11-20T23:44:27.000Z "c 1795218221"',
    "gitolite: [atomic] refs/heads/master 0f26f330fa629d628c95f03e0fe72a9fee46938e",
    "stomp-git: vm fetched change: [atomic] refs/heads/master 0f26f330fa629d628c95f03e0fe72a9fee46938e",
    "stomp-git: vm checked out master to /data/atomic as /data/atomic_master.",
  ],
  "stomp-git-317-branch-mode-other-branch": [
    'branchy refs/heads/master a902ef8 5b28c01 updated | 5b28c01 Kit Tester 2026-11-20T23:44:34.000Z "c 1795218221"',
    "gitolite: [branchy] refs/heads/master 5b28c01c85256936b25d7c68e694726ead262e1b",
    "stomp-git: vm fetched change: [branchy] refs/heads/master 5b28c01c85256936b25d7c68e694726ead262e1b",
  ],
  "stomp-git-317-keepalive-beat": ["a beat"],
  "stomp-git-317-normal-real-push": [
    'example refs/heads/master 9388555 5f9ccb0 updated | 5f9ccb0 Kit Tester 2026-11-20T23:43:41.000Z "c 1795218221"',
    "gitolite: [example] refs/heads/master 5f9ccb0060065931197cbef2f6b96df719efd646",
    "stomp-git: vm fetched change: [example] refs/heads/master 5f9ccb0060065931197cbef2f6b96df719efd646",
  ],
  "stomp-git-317-not-our-repo": [
    'unknown refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
  ],
  "stomp-git-317-poison-bare-repo": [
    "MESSAGE_INVALID: Cannot read a commit text: it has no line repo: before the text of the commit",
  ],
  "stomp-git-317-puppetmaster-branch-deleted-message": [
    "puppet-environments refs/heads/br1795218221 aaaaaaa 0000000 deleted",
    "stomp-git: vm fetched change: [puppet-environments] refs/heads/br1795218221 0000000000000000000000000000000000000000",
    "stomp-git: vm removed branch /data/env/br1795218221",
  ],
  "stomp-git-317-puppetmaster-same-branch-again": [
    'puppet-environments refs/heads/br1795218221 dc5cbd8 43a4206 updated | 43a4206 Kit Tester 2026-11-20T23:44:11.000Z "c2 1795218221"',
    "gitolite: [puppet-environments] refs/heads/br1795218221 43a4206a4df3d01b9976b96adcfc2800354d714e",
    "stomp-git: vm fetched change: [puppet-environments] refs/heads/br1795218221 43a4206a4df3d01b9976b96adcfc2800354d714e",
    "stomp-git: vm checked out br1795218221 to /data/env as /data/env/br1795218221.",
  ],
  "stomp-git-317-puppetmaster-slash-branch": [
    'puppet-environments refs/heads/feature/s1795218221 0000000 f9c1cb2 created | f9c1cb2 Kit Tester 2026-11-20T23:44:18.000Z "c 1795218221"',
    "gitolite: [puppet-environments] refs/heads/feature/s1795218221 f9c1cb2185bbb30ae3c471389b2d86bdaf9c93e2",
    "stomp-git: vm fetched change: [puppet-environments] refs/heads/feature/s1795218221 f9c1cb2185bbb30ae3c471389b2d86bdaf9c93e2",
    "stomp-git: vm checked out feature/s1795218221 to /data/env as /data/env/feature/s1795218221.",
  ],
  "stomp-git-317-repo-missing-on-disk": [
    'gone refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
    "stomp-git: vm Repo gone in config but not in filesystem.",
  ],
  "stomp-git-317-user-without-shell": [
    'noshell refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
    "stomp-git: vm nobody has no login shell.",
  ],
  "stomp-git-320-TERM": [],
  "stomp-git-320-atomic-mode-push": [
    'atomic refs/heads/master 0f26f33 267e204 updated | 267e204 Kit Tester 2026-11-20T23:46:00.000Z "c 1795218306"',
    "gitolite: [atomic] refs/heads/master 267e204edbdde41ca828a3044e3e30cf7d263fa4",
  ],
  "stomp-git-320-branch-mode-other-branch": [
    'branchy refs/heads/master 5b28c01 806fc3f updated | 806fc3f Kit Tester 2026-11-20T23:46:10.000Z "c 1795218306"',
    "gitolite: [branchy] refs/heads/master 806fc3f8de9dae79a1fad9adc0b50f3fec8317e1",
  ],
  "stomp-git-320-json-branch-other": [
    "branchy refs/heads/master aaaaaaa 806fc3f updated | by John Smith",
    'stomp-git: vm fetch: {"uuid"=>"65d36405-a591-49d1-8509-560b689f3b82", "oldrev"=>"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "newrev"=>"806fc3f8de9dae79a1fad9adc0b50f3fec8317e1", "user"=>"John Smith", "ref"=>"refs/heads/master", "repo"=>"branchy", "status"=>"fetch ok."}',
  ],
  "stomp-git-320-json-branch": [
    "branchy refs/heads/release aaaaaaa b175cae updated | by John Smith",
    'stomp-git: vm fetch: {"uuid"=>"1e8efc27-b95e-441d-b76b-895d93fdd3ab", "oldrev"=>"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "newrev"=>"b175caecd781d0447a06cedd04a75a4a11d2db24", "user"=>"John Smith", "ref"=>"refs/heads/release", "repo"=>"branchy", "status"=>"fetch ok."}',
    'stomp-git: vm branch: {"uuid"=>"1e8efc27-b95e-441d-b76b-895d93fdd3ab", "oldrev"=>"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "newrev"=>"b175caecd781d0447a06cedd04a75a4a11d2db24", "user"=>"John Smith", "ref"=>"refs/heads/release", "repo"=>"branchy", "status"=>"checkout ok.", "target"=>"/data/site/branchy"}',
  ],
  "stomp-git-320-json-fetch-fails": [
    "example refs/heads/master aaaaaaa ccccccc updated | by John Smith",
    'stomp-git: vm fetch: {"uuid"=>"86e42c17-1576-422f-88e2-e1b6bfe71a62", "oldrev"=>"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "newrev"=>"cccccccccccccccccccccccccccccccccccccccc", "user"=>"John Smith", "ref"=>"refs/heads/master", "repo"=>"example", "status"=>"problem", "error"=>"fatal: \'/srv/git/git/example.git\' does not appear to be a git repository\\nfatal: Could not read from remote repository.\\n\\nPlease make sure you have the correct access rights\\nand the repository exists."}',
  ],
  "stomp-git-320-json-puppetmaster": [
    "puppet-environments refs/heads/j1795218410 aaaaaaa 169f5b8 updated | by John Smith",
    'stomp-git: vm fetch: {"uuid"=>"7c6d21ca-ed40-4a24-9841-1979994a2886", "oldrev"=>"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "newrev"=>"169f5b8722ab10c517de2bb584ec3499e0b20cea", "user"=>"John Smith", "ref"=>"refs/heads/j1795218410", "repo"=>"puppet-environments", "status"=>"fetch ok."}',
    'stomp-git: vm puppetmaster: {"uuid"=>"7c6d21ca-ed40-4a24-9841-1979994a2886", "oldrev"=>"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "newrev"=>"169f5b8722ab10c517de2bb584ec3499e0b20cea", "user"=>"John Smith", "ref"=>"refs/heads/j1795218410", "repo"=>"puppet-environments", "status"=>"checkout ok", "target"=>"/data/env/j1795218410"}',
  ],
  "stomp-git-320-json-tags": [
    "tagged refs/tags/j1795218410 aaaaaaa 12651a8 updated | by John Smith",
    'stomp-git: vm fetch: {"uuid"=>"45d04291-ce4c-4b22-93c7-281738e0a45d", "oldrev"=>"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "newrev"=>"12651a822006d25c39da79824aba156c9c8cc3e0", "user"=>"John Smith", "ref"=>"refs/tags/j1795218410", "repo"=>"tagged", "status"=>"fetch ok."}',
  ],
  "stomp-git-320-json-trusting": [
    "trust refs/heads/master aaaaaaa 188e4fa updated | by John Smith",
    'stomp-git: vm fetch: {"uuid"=>"5b311f7b-bf0f-4db7-905c-70fccf964dda", "oldrev"=>"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "newrev"=>"188e4faa83ea5acde7c673c3c0eef89f58a9ed59", "user"=>"John Smith", "ref"=>"refs/heads/master", "repo"=>"trust", "status"=>"fetch ok."}',
    'stomp-git: vm trusting: {"uuid"=>"5b311f7b-bf0f-4db7-905c-70fccf964dda", "oldrev"=>"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "newrev"=>"188e4faa83ea5acde7c673c3c0eef89f58a9ed59", "user"=>"John Smith", "ref"=>"refs/heads/master", "repo"=>"trust", "status"=>"checkout ok.", "target"=>"/data/site/trust"}',
  ],
  "stomp-git-320-keepalive-beat": ["a beat"],
  "stomp-git-320-no-subject-header": [
    'example refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
  ],
  "stomp-git-320-normal-real-push": [
    'example refs/heads/master 5f9ccb0 930a5fa updated | 930a5fa Kit Tester 2026-11-20T23:45:06.000Z "c 1795218306"',
    "gitolite: [example] refs/heads/master 930a5fa6a77e9ac535884f34ee4382c8e5cb6ce7",
  ],
  "stomp-git-320-not-our-repo": [
    'unknown refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
  ],
  "stomp-git-320-poison-bare-repo": [
    "MESSAGE_INVALID: Cannot read a commit text: it has no line repo: before the text of the commit",
  ],
  "stomp-git-320-puppetmaster-new-branch": [
    'puppet-environments refs/heads/br1795218306 0000000 d7c3b56 created | d7c3b56 Kit Tester 2026-11-20T23:45:34.000Z "c 1795218306"',
    "gitolite: [puppet-environments] refs/heads/br1795218306 d7c3b566725194f0b4a1b90d99c4e32b2b2efa76",
  ],
  "stomp-git-320-puppetmaster-same-branch-again": [
    'puppet-environments refs/heads/br1795218306 d7c3b56 6d6ff68 updated | 6d6ff68 Kit Tester 2026-11-20T23:45:40.000Z "c2 1795218306"',
    "gitolite: [puppet-environments] refs/heads/br1795218306 6d6ff685e4c3d720f0c1f3bb752c8f1fd3d67fbf",
  ],
  "stomp-git-320-puppetmaster-slash-branch": [
    'puppet-environments refs/heads/feature/s1795218306 0000000 b4e77ad created | b4e77ad Kit Tester 2026-11-20T23:45:50.000Z "c 1795218306"',
    "gitolite: [puppet-environments] refs/heads/feature/s1795218306 b4e77ad402cdd99e6988040571050765a6c23122",
  ],
  "stomp-git-320-repo-missing-on-disk": [
    'gone refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
    'stomp-git: vm error: {"error"=>"Repo in config but not in filesystem", "repo"=>"gone"}',
  ],
  "stomp-git-old-annotated-tag-normal": [
    'example refs/tags/a1795218142 0000000 252c2fc created | 252c2fc Kit Tester 2026-11-20T23:42:22.000Z "c 1795218142"',
    "gitolite: [example] refs/tags/a1795218142 252c2fc4cd2c3a662c50363f5de4d1686b82c43c",
    "stomp-git: vm  fetched change: [example] refs/tags/a1795218142 252c2fc4cd2c3a662c50363f5de4d1686b82c43c",
  ],
  "stomp-git-old-atomic-mode-push": [
    'atomic refs/heads/master 02c5fcc 30e9101 updated | 30e9101 Kit Tester 2026-11-20T23:43:07.000Z "c 1795218142"',
    "gitolite: [atomic] refs/heads/master 30e91016c47f0c9ac75afccb820e33b06bff44b5",
    "stomp-git: vm  fetched change: [atomic] refs/heads/master 30e91016c47f0c9ac75afccb820e33b06bff44b5",
  ],
  "stomp-git-old-branch-mode-other-branch": [
    'branchy refs/heads/master 02c5fcc a902ef8 updated | a902ef8 Kit Tester 2026-11-20T23:43:15.000Z "c 1795218142"',
    "gitolite: [branchy] refs/heads/master a902ef8e15df56e7a9588c56dbaafd4a9f26cbed",
    "stomp-git: vm  fetched change: [branchy] refs/heads/master a902ef8e15df56e7a9588c56dbaafd4a9f26cbed",
  ],
  "stomp-git-old-branch-mode-our-branch": [
    'branchy refs/heads/release eec89cf 9a4159d updated | 9a4159d Kit Tester 2026-11-20T23:43:11.000Z "c 1795218142"',
    "gitolite: [branchy] refs/heads/release 9a4159df70a1562b300f5112283b68dee29f1ade",
    "stomp-git: vm  fetched change: [branchy] refs/heads/release 9a4159df70a1562b300f5112283b68dee29f1ade",
  ],
  "stomp-git-old-dangerous-real-push": [
    'danger refs/heads/master 6ebcc4b 6ddd684 updated | 6ddd684 Kit Tester 2026-11-20T23:42:43.000Z "c 1795218142"',
    "gitolite: [danger] refs/heads/master 6ddd6840b8265599f64fd94faa2e8c69b95fd8a9",
    "stomp-git: vm  fetched change: [danger] refs/heads/master 6ddd6840b8265599f64fd94faa2e8c69b95fd8a9",
    "stomp-git: vm  checkout:  (dangerous)",
  ],
  "stomp-git-old-keepalive-beat": ["a beat"],
  "stomp-git-old-no-such-user": [
    'nouser refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
    "stomp-git: vm  problem: No such user no-such-user",
  ],
  "stomp-git-old-not-our-repo": [
    'unknown refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
  ],
  "stomp-git-old-poison-bare-repo": [
    "MESSAGE_INVALID: Cannot read a commit text: it has no line repo: before the text of the commit",
  ],
  "stomp-git-old-puppetmaster-branch-deleted-message": [
    "puppet-environments refs/heads/br1795218142 aaaaaaa 0000000 deleted",
    "stomp-git: vm  fetched change: [puppet-environments] refs/heads/br1795218142 0000000000000000000000000000000000000000",
    "stomp-git: vm  problem: error: unable to create file file.txt: Permission denied fatal: cannot create directory at 'future-control': Permission denied  (puppetmaster)",
  ],
  "stomp-git-old-puppetmaster-new-branch": [
    'puppet-environments refs/heads/br1795218142 0000000 886b1e8 created | 886b1e8 Kit Tester 2026-11-20T23:42:46.000Z "c 1795218142"',
    "gitolite: [puppet-environments] refs/heads/br1795218142 886b1e82802e97786c1fac0c04c9169c4e52428c",
    "stomp-git: vm  fetched change: [puppet-environments] refs/heads/br1795218142 886b1e82802e97786c1fac0c04c9169c4e52428c",
  ],
  "stomp-git-old-puppetmaster-same-branch-again": [
    'puppet-environments refs/heads/br1795218142 886b1e8 0e0465f updated | 0e0465f Kit Tester 2026-11-20T23:42:52.000Z "c2 1795218142"',
    "gitolite: [puppet-environments] refs/heads/br1795218142 0e0465f5db9cba94fb61f7ee19e9b6ca8beb7a16",
    "stomp-git: vm  fetched change: [puppet-environments] refs/heads/br1795218142 0e0465f5db9cba94fb61f7ee19e9b6ca8beb7a16",
    "stomp-git: vm  problem: error: unable to create file file.txt: Permission denied fatal: cannot create directory at 'future-control': Permission denied  (puppetmaster)",
  ],
  "stomp-git-old-repo-missing-on-disk": [
    'gone refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
    "stomp-git: vm Repo in config but not in filesystem:  gone",
  ],
  "stomp-git-old-tags-mode-tag-push": [
    'tagged refs/tags/t1795218142 0000000 12651a8 created | 12651a8 Kit Tester 2026-11-20T23:24:53.000Z "first commit"',
    "gitolite: [tagged] refs/tags/t1795218142 12651a822006d25c39da79824aba156c9c8cc3e0",
    "stomp-git: vm  fetched change: [tagged] refs/tags/t1795218142 12651a822006d25c39da79824aba156c9c8cc3e0",
  ],
  "stomp-git-old-trusting-real-push": [
    'trust refs/heads/master 12651a8 6aaf6c9 updated | 6aaf6c9 Kit Tester 2026-11-20T23:42:39.000Z "c 1795218142"',
    "gitolite: [trust] refs/heads/master 6aaf6c9626a5ee349a9384198ad963f4bbd33bcf",
    "stomp-git: vm  fetched change: [trust] refs/heads/master 6aaf6c9626a5ee349a9384198ad963f4bbd33bcf",
    "stomp-git: vm  checkout:  (trusting)",
  ],
  "stomp-jenkins-after-HUP": [
    'hupped refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
  ],
  "stomp-jenkins-commit-message-overrides-repo": [
    'example refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg\\nrepo: no-such"',
  ],
  "stomp-jenkins-empty-ignore_refs": [
    'empty-ignore refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
    "jenkins: Requested Jenkins build: [empty-ignore] refs/heads/master bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb / empty-ignore-job",
  ],
  "stomp-jenkins-ignored-ref": [
    'example refs/tags/jenkins-12 aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
  ],
  "stomp-jenkins-jenkins-403": [
    'example refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
    "jenkins: Requested Jenkins build: [example] refs/heads/master bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb / my-Jenkins-project",
  ],
  "stomp-jenkins-jenkins-500": [
    'example refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg"',
    "jenkins: Requested Jenkins build: [example] refs/heads/master bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb / my-Jenkins-project",
  ],
  "stomp-jenkins-keepalive-beat": ["a beat"],
  "stomp-jenkins-line-without-colon": [
    "MESSAGE_INVALID: Cannot read a commit text: it has no line repo: before the text of the commit",
  ],
  "stomp-jenkins-no-subject": [
    'example refs/heads/master aaaaaaa bbbbbbb updated | bbbbbbb Kit Tester 2014-09-24T11:00:02.000Z "msg\\nrepo: no-such"',
  ],
  "stomp-jenkins-startup": [],
  "stomp-jenkins-svn-empty-project": [
    'legacy refs/heads/trunk r6 r7 updated | r7 kit 2026-11-20T23:27:51.000Z "log"',
  ],
  "stomp-jenkins-svn-not-our-project": [
    'legacy:unknown-project refs/heads/trunk r6 r7 updated | r7 kit 2026-11-20T23:27:51.000Z "log"',
  ],
  "stomp-jenkins-svn-trigger": [
    'legacy:time-sink refs/heads/trunk r6 r7 updated | r7 kit 2026-11-20T23:27:51.000Z "log"',
    "jenkins: Requested Jenkins build: [legacy] 7 / name_containing_spaces",
  ],
  "stomp-keepalive-beat": ["a beat", "a beat"],
  "svn-commit-nonascii-no-locale": [
    'legacy:awful-project refs/heads/trunk r5 r6 updated | r6 zoe 2026-11-20T23:28:22.000Z "Anadir {U+2603} - {U+4FEE}{U+6B63}"',
    "svnserver: [legacy] 6",
  ],
  "svn-commit-nonascii-utf8": [
    'legacy:awful-project refs/heads/trunk r4 r5 updated | r5 zoë 2026-11-20T23:28:21.000Z "Añadir ☃ — 修正"',
    "svnserver: [legacy] 5",
  ],
  "svn-commit-two-projects": [
    'legacy:time-sink refs/heads/trunk r2 r3 updated | r3 kit 2026-11-20T23:28:19.000Z "Touch two projects"',
    "svnserver: [legacy] 3",
  ],
};
