{{- define "hpdummy.container" -}}
- name: hpdummy
  image: {{ include "hpdummy.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args:
    - --config=/etc/hpdummy
    {{- with .Values.extraArgs }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with include "hpdummy.env" . | trim }}
  env:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with .Values.extraEnvFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    # What is open, also what no Service has: on the node's network the scheduler goes by this.
    {{- range (include "hpdummy.ports" . | fromYaml).open }}
    - name: {{ .name }}
      containerPort: {{ .number }}
      protocol: {{ .protocol }}
    {{- end }}
    - name: admin
      containerPort: {{ include "hpdummy.adminPort" . }}
      protocol: TCP
  startupProbe:
    {{- include "hpdummy.probe" (dict "path" "/startupz" "timing" .Values.probes.startup) | nindent 4 }}
  livenessProbe:
    {{- include "hpdummy.probe" (dict "path" "/livez" "timing" .Values.probes.liveness) | nindent 4 }}
  readinessProbe:
    {{- include "hpdummy.probe" (dict "path" "/readyz" "timing" .Values.probes.readiness) | nindent 4 }}
  {{- with include "hpdummy.lifecycle" . }}
  {{- . | nindent 2 }}
  {{- end }}
  resources:
    {{- toYaml .Values.resources | nindent 4 }}
  {{- /* Kubernetes below 1.33 knows no resize unless told to, and drops or refuses the field. */}}
  {{- if and .Values.resizePolicy (semverCompare ">=1.33-0" .Capabilities.KubeVersion.Version) }}
  resizePolicy:
    {{- toYaml .Values.resizePolicy | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.securityContext | nindent 4 }}
  volumeMounts:
    # Directories, never a subPath: those follow neither a ConfigMap nor a renewed certificate.
    - name: config
      mountPath: /etc/hpdummy
      readOnly: true
    - name: tmp
      mountPath: /tmp
    {{- if include "hpdummy.tlsSecret" . }}
    - name: tls
      mountPath: /etc/hpdummy-tls
      readOnly: true
    {{- end }}
    {{- with .Values.tls.clientCa }}
    {{- if or .secretName .configMapName }}
    - name: client-ca
      mountPath: /etc/hpdummy-client-ca
      readOnly: true
    {{- end }}
    {{- end }}
    {{- if .Values.tls.sni }}
    - name: sni
      mountPath: /etc/hpdummy-sni
      readOnly: true
    {{- end }}
    {{- with .Values.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "hpdummy.probe" -}}
httpGet:
  path: {{ .path }}
  port: admin
{{- with .timing }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "hpdummy.env" -}}
{{- include "hpdummy.identityEnv" . }}
{{- with .Values.admin.tokenSecret }}
{{- if .name }}
- name: HPDUMMY_ADMIN_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .key }}
{{- end }}
{{- end }}
{{- if .Values.apiWatch.enabled }}
- name: HPDUMMY_KUBERNETES_WATCH
  value: both
- name: HPDUMMY_KUBERNETES_CONFIG_MAP
  value: {{ .Release.Namespace }}/{{ include "hpdummy.fullname" . }}
{{- end }}
{{- if .Values.downwardAPI.cpu }}
- name: CPU_LIMIT_MILLICORES
  valueFrom:
    resourceFieldRef:
      containerName: hpdummy
      resource: limits.cpu
      divisor: 1m
- name: HPDUMMY_QUOTA_CPUS
  value: $(CPU_LIMIT_MILLICORES)m
{{- end }}
{{- if .Values.downwardAPI.memory }}
- name: HPDUMMY_QUOTA_MEMORY
  valueFrom:
    resourceFieldRef:
      containerName: hpdummy
      resource: limits.memory
      divisor: "1"
{{- end }}
{{- if .Values.otel.endpoint }}
{{ include "hpdummy.otelEnv" . | trim }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Who answers, for evidence. A label that the pod has not is empty, and counts as unset. */}}
{{- define "hpdummy.identityEnv" -}}
{{- $zone := "metadata.labels['topology.kubernetes.io/zone']" }}
{{- $version := "metadata.labels['app.kubernetes.io/version']" }}
{{- range $name, $path := dict "POD_NAME" "metadata.name" "POD_NAMESPACE" "metadata.namespace" "NODE_NAME" "spec.nodeName" "NODE_ZONE" $zone "POD_VERSION" $version }}
- name: {{ $name }}
  valueFrom:
    fieldRef:
      fieldPath: {{ $path }}
{{- end }}
{{- end }}

{{- /* OpenTelemetry's own variables; a variable may use those before it. */}}
{{- define "hpdummy.otelEnv" -}}
{{- range $name, $path := dict "POD_NAME" "metadata.name" "POD_UID" "metadata.uid" "NODE_NAME" "spec.nodeName" }}
- name: OTEL_{{ $name }}
  valueFrom:
    fieldRef:
      fieldPath: {{ $path }}
{{- end }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: k8s.namespace.name={{ .Release.Namespace }},k8s.pod.name=$(OTEL_POD_NAME),k8s.pod.uid=$(OTEL_POD_UID),k8s.node.name=$(OTEL_NODE_NAME),k8s.container.name=hpdummy
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .Values.otel.endpoint | quote }}
- name: OTEL_TRACES_SAMPLER
  value: parentbased_traceidratio
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ .Values.otel.sampleRatio | quote }}
{{- end }}
