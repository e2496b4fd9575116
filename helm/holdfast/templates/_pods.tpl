{{/* What every pod of the release has in common. */}}

{{/* Annotations by which pods are made anew when what they read has changed. */}}
{{- define "holdfast.checksums" -}}
checksum/settings: {{ include "holdfast.settings" . | sha256sum }}
checksum/lock: {{ default .Values.release.existingConfigMap .Values.release.lock | sha256sum }}
{{- end -}}

{{- define "holdfast.podSecurity" -}}
runAsNonRoot: true
{{- with .Values.security.userId }}
runAsUser: {{ int64 . }}
{{- end }}
{{- with .Values.security.groupId }}
runAsGroup: {{ int64 . }}
fsGroup: {{ int64 . }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "holdfast.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* The head of a pod's spec: (list root component values). */}}
{{- define "holdfast.podHead" -}}
{{- $root := index . 0 -}}
{{- $values := index . 2 -}}
serviceAccountName: {{ include "holdfast.fullname" $root }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  {{- include "holdfast.podSecurity" $root | nindent 2 }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Pods of one kind apart from one another: (list root selectorLabels). */}}
{{- define "holdfast.spread" -}}
{{- $root := index . 0 -}}
{{- $labels := index . 1 -}}
{{- with $root.Values.topologySpread.keys }}
topologySpreadConstraints:
  {{- range . }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $root.Values.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- $labels | nindent 8 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* A claim that one node at a time may mount keeps its pods together; the first one is free to choose. */}}
{{- define "holdfast.filesAffinity" -}}
{{- if eq .Values.files.accessMode "ReadWriteOnce" -}}
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "holdfast.selector" (list . "") | nindent 12 }}
            holdfast.dev/files: shared
{{- end -}}
{{- end -}}

{{- define "holdfast.filesLabel" -}}
{{- if eq .Values.files.accessMode "ReadWriteOnce" -}}
holdfast.dev/files: shared
{{- end -}}
{{- end -}}

{{/* Environment of the product's own processes. */}}
{{- define "holdfast.env" -}}
envFrom:
  - configMapRef:
      name: {{ include "holdfast.fullname" . }}-settings
env:
  {{- include "holdfast.secretEnv" . | nindent 2 }}
  {{- range .Values.settingsFromSecrets }}
  - name: {{ .name }}
    valueFrom:
      secretKeyRef:
        name: {{ .secret }}
        key: {{ .key }}
  {{- end }}
{{- end -}}

{{- define "holdfast.secretEnv" -}}
- name: HOLDFAST_SECRET_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "holdfast.keysSecret" . }}
      key: secret-key
- name: HOLDFAST_ENGINE__API_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "holdfast.keysSecret" . }}
      key: engine-api-key
- name: HOLDFAST_DATABASE__URL
  valueFrom:
    secretKeyRef:
      {{- include "holdfast.databaseUrl" . | nindent 6 }}
- name: HOLDFAST_QUEUE__URL
  valueFrom:
    secretKeyRef:
      {{- include "holdfast.queueUrl" . | nindent 6 }}
{{- end -}}

{{/* Init container that ends once the migrate job has brought the schema. */}}
{{- define "holdfast.awaitSchema" -}}
- name: await-schema
  {{- include "holdfast.pulled" (list . .Values.image) | nindent 2 }}
  command: [python, -m, services.cli, admin, await-schema, --wait-s, {{ add .Values.migrate.waitSeconds 300 | quote }}]
  {{- include "holdfast.env" . | nindent 2 }}
  securityContext:
    {{- include "holdfast.containerSecurity" . | nindent 4 }}
  resources:
    {{- toYaml .Values.migrate.resources | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    - {name: release, mountPath: /release, readOnly: true}
{{- end -}}

{{- define "holdfast.releaseVolume" -}}
- name: release
  configMap:
    name: {{ include "holdfast.lockConfigMap" . }}
    items:
      - {key: release.toml, path: release.toml}
{{- end -}}

{{/* The models' volume: the claim, or what an init container copies from the image. */}}
{{- define "holdfast.modelsVolume" -}}
- name: models
  {{- if .Values.models.existingClaim }}
  persistentVolumeClaim:
    claimName: {{ .Values.models.existingClaim }}
    readOnly: true
  {{- else }}
  emptyDir:
    sizeLimit: {{ .Values.models.image.sizeLimit }}
  {{- end }}
{{- end -}}

{{/* Init container that copies models from their image: (list root shellCommand). */}}
{{- define "holdfast.copyModels" -}}
{{- $root := index . 0 -}}
{{- if $root.Values.models.image.repository -}}
- name: models
  {{- include "holdfast.pulled" (list $root $root.Values.models.image) | nindent 2 }}
  command: [sh, -c, {{ index . 1 | quote }}]
  securityContext:
    {{- include "holdfast.containerSecurity" $root | nindent 4 }}
  resources:
    requests: {cpu: 50m, memory: 64Mi}
    limits: {memory: 256Mi}
  volumeMounts:
    - {name: models, mountPath: /copied}
{{- end -}}
{{- end -}}

{{/* A worker's values as JSON: the defaults, and what this one says otherwise (0 counts). (list root name). */}}
{{- define "holdfast.worker" -}}
{{- $root := index . 0 -}}
{{- $worker := deepCopy $root.Values.workerDefaults -}}
{{- range $key, $value := get $root.Values.workers (index . 1) -}}
{{- $_ := set $worker $key $value -}}
{{- end -}}
{{- $worker | toJson -}}
{{- end -}}

{{/* A disruption budget: (list root component suffix maxUnavailable extraLabels). */}}
{{- define "holdfast.disruption" -}}
{{- $root := index . 0 -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "holdfast.metadata" (list $root (index . 1) (index . 2)) | nindent 2 }}
spec:
  maxUnavailable: {{ index . 3 }}
  selector:
    matchLabels:
      {{- include "holdfast.selector" (list $root (index . 1)) | nindent 6 }}
      {{- with index . 4 }}
      {{- . | nindent 6 }}
      {{- end }}
{{- end -}}
