"""Text → frozen Container."""
