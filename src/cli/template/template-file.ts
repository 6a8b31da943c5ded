/** What `lambent deploy` takes for a template and not for code. Apart, so that deploying a folder loads nothing of templates. */

export function isTemplate(source: string): boolean {
  return /\.(ya?ml|json|template)$/i.test(source);
}
