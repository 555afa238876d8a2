"""What Sealer is deployed with: manifests, images, and a real control plane for any machine (`deploy.local`)."""
