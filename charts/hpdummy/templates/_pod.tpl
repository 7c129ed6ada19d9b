{{/* The pod template, the same for a Deployment and a DaemonSet. */}}
{{- define "hpdummy.pod" -}}
{{- include "hpdummy.checks" . -}}
metadata:
  labels:
    {{- $version := dict "app.kubernetes.io/version" (include "hpdummy.versionLabel" .) }}
    {{- toYaml (merge (include "hpdummy.selectorLabels" . | fromYaml) .Values.podLabels .Values.commonLabels $version) | nindent 4 }}
  annotations:
    # Only of settings that need a new process: the rest is followed live.
    checksum/config: {{ include "hpdummy.checksum" . }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  serviceAccountName: {{ include "hpdummy.serviceAccount" . }}
  automountServiceAccountToken: {{ .Values.apiWatch.enabled }}
  # HPDUMMY_PORT=tcp://... of a Service is no setting.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "hpdummy.gracePeriod" . }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- if .Values.hostNetwork }}
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  {{- end }}
  {{- if not .Values.hostUsers }}
  hostUsers: false
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- if and .Values.topologySpread.enabled (eq .Values.kind "Deployment") }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: {{ $.Values.topologySpread.whenUnsatisfiable }}
      labelSelector:
        matchLabels:
          {{- include "hpdummy.selectorLabels" $ | nindent 10 }}
      # Old pods of a rollout do not count.
      matchLabelKeys: [pod-template-hash]
    {{- end }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.extraPodSpec }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with .Values.initContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    {{- include "hpdummy.container" . | nindent 4 }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: config
      configMap:
        name: {{ include "hpdummy.fullname" . }}
    # A certificate made at start is written here.
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    {{- with include "hpdummy.tlsSecret" . }}
    - name: tls
      secret:
        secretName: {{ . }}
        # 0440
        defaultMode: 288
    {{- end }}
    {{- with .Values.tls.clientCa }}
    {{- if or .secretName .configMapName }}
    # One key of it: beside the certificate of an authority there may be its private key.
    - name: client-ca
      {{- if .secretName }}
      secret:
        secretName: {{ .secretName }}
      {{- else }}
      configMap:
        name: {{ .configMapName }}
      {{- end }}
        defaultMode: 288
        items:
          - {key: {{ .key }}, path: {{ .key }}}
    {{- end }}
    {{- end }}
    {{- with .Values.tls.sni }}
    # A folder for each server name.
    - name: sni
      projected:
        defaultMode: 288
        sources:
          {{- range . }}
          - secret:
              name: {{ .secretName }}
              items:
                - {key: tls.crt, path: {{ printf "%s/tls.crt" .name | quote }}}
                - {key: tls.key, path: {{ printf "%s/tls.key" .name | quote }}}
          {{- end }}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
