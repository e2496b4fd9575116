{{/*
Every connection that may be made, by name. A flow has `from` and `to`, a component or a list of peers, and
`ports`. The network policies are rendered from this list, and the table in the README is compared with them.
*/}}

{{- define "holdfast.flows" -}}
{{- $v := .Values -}}
{{- $everywhere := list (dict "namespaceLabels" dict) -}}
{{- $flows := list
  (dict "name" "people-and-applications" "from" (default $everywhere $v.networkPolicy.clients) "to" "api" "ports" (list 3000))
  (dict "name" "helm-test" "from" "test" "to" "api" "ports" (list 3000))
  (dict "name" "prompts" "from" "api" "to" "engine" "ports" (list 8001))
-}}
{{- range $from := list "api" "worker" -}}
{{- $flows = append $flows (dict "name" "vectors" "from" $from "to" "chroma" "ports" (list 8000)) -}}
{{- end -}}
{{- range $from := list "api" "worker" "upkeep" "migrate" -}}
{{- $to := ternary "postgres" (include "holdfast.networks" $v.database.networks | fromJsonArray) $v.postgres.enabled -}}
{{- $flows = append $flows (dict "name" "sql" "from" $from "to" $to "ports" (list (ternary 5432 $v.database.port $v.postgres.enabled))) -}}
{{- end -}}
{{- range $from := list "api" "worker" "upkeep" -}}
{{- $to := ternary "redis" (include "holdfast.networks" $v.queue.networks | fromJsonArray) $v.redis.enabled -}}
{{- $flows = append $flows (dict "name" "queue" "from" $from "to" $to "ports" (list (ternary 6379 $v.queue.port $v.redis.enabled))) -}}
{{- end -}}
{{- range $from := list "api" "worker" "upkeep" "migrate" "test" -}}
{{- $flows = append $flows (dict "name" "names" "from" $from "to" $v.networkPolicy.dns "ports" (list 53) "protocols" (list "UDP" "TCP")) -}}
{{- end -}}
{{- if $v.metrics.enabled -}}
{{- $flows = append $flows (dict "name" "metrics" "from" $v.networkPolicy.monitoring "to" "api" "ports" (list $v.metrics.port)) -}}
{{- $flows = append $flows (dict "name" "metrics" "from" $v.networkPolicy.monitoring "to" "engine" "ports" (list 8001)) -}}
{{- end -}}
{{- if and (eq $v.autoscaling.kind "keda") $v.redis.enabled -}}
{{- $flows = append $flows (dict "name" "queue-length" "from" $v.networkPolicy.keda "to" "redis" "ports" (list 6379)) -}}
{{- end -}}
{{- range $flow := concat (include "holdfast.outboundFlows" . | fromJsonArray) (include "holdfast.extraFlows" . | fromJsonArray) -}}
{{- $flows = append $flows $flow -}}
{{- end -}}
{{- $flows | toJson -}}
{{- end -}}

{{- define "holdfast.networks" -}}
{{- $peers := list -}}
{{- range . -}}{{- $peers = append $peers (dict "network" .) -}}{{- end -}}
{{- $peers | toJson -}}
{{- end -}}

{{- define "holdfast.extraFlows" -}}
{{- $flows := list -}}
{{- range $egress := .Values.networkPolicy.egress -}}
{{- range $from := $egress.processes -}}
{{- $flows = append $flows (dict "name" $egress.name "from" $from "to" $egress.to "ports" $egress.ports) -}}
{{- end -}}
{{- end -}}
{{- $flows | toJson -}}
{{- end -}}

{{/*
Ways out for the hosts that the outbound settings name, for the processes that use each purpose. A policy
cannot name a host: an entry's network is taken, and without one every public address on its ports; the
process itself still connects to the named host alone.
*/}}
{{- define "holdfast.outboundFlows" -}}
{{- $outbound := dig "outbound" dict .Values.config -}}
{{- $users := dict
  "hosts" (list "api" "worker")
  "sources" (list "api" "worker")
  "webhooks" (list "api")
  "sign_in" (list "api")
  "models" (list "api" "worker") -}}
{{- $flows := list -}}
{{- $proxy := dig "proxy" "" $outbound -}}
{{- if $proxy -}}
{{- $place := regexReplaceAll "^https?://([^/]*).*$" $proxy "${1}" -}}
{{- if regexMatch "^[0-9.]+(:[0-9]+)?$" $place -}}
{{- range $from := list "api" "worker" -}}
{{- $flow := include "holdfast.outboundFlow" $place | fromJson -}}
{{- $flows = append $flows (set $flow "from" $from) -}}
{{- end -}}
{{- else if and $.Values.networkPolicy.enabled (not $.Values.networkPolicy.egress) -}}
{{- fail (printf "config.outbound.proxy is %q, a name: say in networkPolicy.egress where it is reached, or give its address" $proxy) -}}
{{- end -}}
{{- else -}}
{{- range $purpose := keys $users | sortAlpha -}}
{{- range $entry := dig $purpose list $outbound -}}
{{- range $from := get $users $purpose -}}
{{- $flow := include "holdfast.outboundFlow" $entry | fromJson -}}
{{- $flows = append $flows (set $flow "from" $from) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $flows | toJson -}}
{{- end -}}

{{/* A flow to one `host[:port][=network]`. */}}
{{- define "holdfast.outboundFlow" -}}
{{- $place := splitList "=" . | first -}}
{{- $network := splitList "=" . | rest | join "" -}}
{{- $port := regexFind ":[0-9]+$" $place | trimPrefix ":" -}}
{{- $host := regexReplaceAll ":[0-9]+$" $place "" | trimPrefix "[" | trimSuffix "]" -}}
{{- if and (not $network) (regexMatch "^([0-9]+\\.){3}[0-9]+$|:" $host) -}}
{{- $network = $host -}}
{{- end -}}
{{- if and $network (not (contains "/" $network)) -}}
{{- $network = printf "%s/%s" $network (ternary "128" "32" (contains ":" $network)) -}}
{{- end -}}
{{- $public := list
  (dict "network" "0.0.0.0/0" "except" (list "10.0.0.0/8" "100.64.0.0/10" "127.0.0.0/8" "169.254.0.0/16" "172.16.0.0/12" "192.168.0.0/16"))
  (dict "network" "::/0" "except" (list "fc00::/7" "fe80::/10")) -}}
{{- $ports := ternary (list (int $port)) (list 80 443) (ne $port "") -}}
{{- dict "name" "outbound" "to" (ternary (list (dict "network" $network)) $public (ne $network "")) "ports" $ports | toJson -}}
{{- end -}}

{{/* A component or peers as a policy has them: (list root place). */}}
{{- define "holdfast.peers" -}}
{{- $root := index . 0 -}}
{{- $place := index . 1 -}}
{{- if kindIs "string" $place -}}
- podSelector:
    matchLabels:
      {{- include "holdfast.selector" (list $root $place) | nindent 6 }}
{{- else -}}
{{- range $peer := $place }}
{{- if $peer.network }}
- ipBlock:
    cidr: {{ $peer.network }}
    {{- with $peer.except }}
    except:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- else }}
- namespaceSelector:
    {{- if $peer.namespaceLabels }}
    matchLabels:
      {{- toYaml $peer.namespaceLabels | nindent 6 }}
    {{- else }} {}
    {{- end }}
  {{- with $peer.podLabels }}
  podSelector:
    matchLabels:
      {{- toYaml . | nindent 6 }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "holdfast.flowPorts" -}}
{{- range $protocol := default (list "TCP") .protocols }}
{{- range $port := $.ports }}
- {protocol: {{ $protocol }}, port: {{ int $port }}}
{{- end }}
{{- end }}
{{- end -}}
