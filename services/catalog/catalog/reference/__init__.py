"""What an installation knows from its first start: authorities, services, bundles, components, regions.

`data/` holds it in the product's own form, `build` makes those files from the official sources, `loading` says it to the
log. Sources and licences are in the file NOTICE.
"""
