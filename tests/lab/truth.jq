# Were the agents' words true? Reads what `lab look` printed, over and over; says for each thing that
# an agent said and that was not so, for how long it went on saying it. A word may be wrong for as
# long as it takes to notice, and two seconds more; --argjson limits has the milliseconds, by kind.
# Looks that are too far apart say nothing of what was between them: there it begins anew.
#
# usage: jq -nr --argjson limits '{...}' -f truth.jq <LOOKS      prints "worst KIND MS" and "lie ..."

def gateways: ["gw1", "gw2"];
def tunnels: {gw1: ["tun11", "tun12"], gw2: ["tun21", "tun22"]};
def med: {gw1: {high: 10, normal: 100, low: 1000}, gw2: {high: 20, normal: 200, low: 2000}};
def other: if . == "gw1" then "gw2" else "gw1" end;

def carries($routes; $node; $prefix): any(tunnels[$node][]; $routes[$prefix][.] != null);
def has($list; $word): ($list // []) | index($word) != null;

# The gateway works as far as can be seen from outside.
def runs: .power == "on" and .seen.daemons.cgwhad == "on";
def bad($daemon): .seen.daemons[$daemon] | . == "off" or . == "paused" or . == "unreachable";
def organ: {charon: "ipsec", bird: "router"};

def of_coverage($routes; $me):
    .promise as $promise |
    ($promise.prefixes[] | .prefix as $p | ."covered-by"[] |
        select(carries($routes; .; $p) | not) |
        {kind: "coverage", word: "\($me) says that \(.) covers \($p)"}),
    (select($promise.holds and any($promise.prefixes[].prefix; ($routes[.] // {}) == {})) |
        {kind: "promise", word: "\($me) says that the promise holds"}),
    # A level that is in force is what the cloud has.
    (.nodes[] | select(.self and (.covers | length) > 0 and .level != "withdrawn") |
        .level as $level | [$routes[.covers[]][tunnels[$me][]] | values] |
        select(any(.[]; . != med[$me][$level])) |
        {kind: "level", word: "\($me) says that its level is \($level)"});

def of_itself($sample; $me):
    $sample[$me] as $real | ([.nodes[] | select(.self).sick][0]) as $sick |
    ("charon", "bird" | . as $daemon | select(has($sick; organ[$daemon]) != ($real | bad($daemon))) |
        {kind: "daemons", word: "\($me) says that its \($daemon) is \(if has($sick; organ[$daemon])
            then "not well" else "well" end)"}),
    (select(($real | bad("corosync")) and (.view.alone and .view.why != "" | not)) |
        {kind: "alone", word: "\($me) does not say that its corosync is \($real.seen.daemons.corosync)"});

def of_the_other($sample; $me):
    ($me | other) as $it | $sample[$it] as $real | .time as $now |
    ($sample.cut | has(.; "gw1:ring0") and has(.; "gw1:ring1")) as $split |
    (.nodes[] | select(.self | not)) as $said |
    ($real.power != "on" or $split or ($real | bad("corosync")) or
        ($sample[$me] | bad("corosync"))) as $away |
    if $said.agent == "member" then
        (select($away) | {kind: (if $sample[$me] | bad("corosync") then "alone" else "other" end),
            word: "\($me) says that \($it) is there"}),
        (select($real.power == "on" and $real.seen.daemons.cgwhad == "off") |
            {kind: "other", word: "\($me) says that the agent of \($it) is there"}),
        (select(($real | runs) and ($away | not)) |
            "charon", "bird" | . as $daemon |
            select(($real | bad($daemon)) and (has($said.sick; organ[$daemon]) | not)) |
            {kind: "daemons", word: "\($me) says that the \($daemon) of \($it) is well"})
    elif ($real | runs) and ($away | not) then
        {kind: "return", word: "\($me) says that \($it) is \($said.agent)"}
    else empty end;

def words: . as $sample | gateways[] | . as $me | $sample[$me] | select(runs) |
    if .seen.status == null then {kind: "answer", word: "the agent of \($me) runs and does not answer"}
    else .seen.status |
        (select($sample.cloud.seen.routes) | of_coverage($sample.cloud.seen.routes; $me)),
        of_itself($sample; $me), of_the_other($sample; $me)
    end;

def note($since; $now; $word):
    ($now - $since) as $ms |
    if $ms > (.worst[$word.kind] // -1) then .worst[$word.kind] = $ms else . end |
    if $ms > $limits[$word.kind] then .lies[$word.word] = ([.lies[$word.word] // 0, $ms] | max) else . end;

reduce inputs as $sample ({looks: 0, ms: 0, worst: {}, open: {}, lies: {}};
    (if $sample.ms - .ms > 2500 then {} else .open end) as $before | .looks += 1 | .ms = $sample.ms |
    .open = (reduce ($sample | words) as $w ({}; .[$w.word] = ($before[$w.word] // $sample.ms))) |
    reduce ($sample | words) as $w (.; note(.open[$w.word]; $sample.ms; $w))) |
"looks \(.looks)", (.worst | to_entries[] | "worst \(.key) \(.value)"),
(.lies | to_entries[] | "lie \(.key), and it was not so, for \(.value) ms")
