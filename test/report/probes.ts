/** What tests ask of an open page. It runs there, among names that this project does not have, so it is text here. */
import type { Page } from 'playwright-core';

/** Counts the pixels that are drawn on a layer of the graph. */
export async function countPixels(page: Page, layer: string): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    requestAnimationFrame(() => {
      const canvas = document.querySelector('#canvas canvas.sigma-${layer}');
      const copy = document.createElement('canvas');
      copy.width = canvas.width;
      copy.height = canvas.height;
      const context = copy.getContext('2d');
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      resolve(data.filter((value, index) => index % 4 === 3 && value > 0).length);
    });
  })`);
}

/** Measures the contrast of each text with what is behind it (WCAG 2.2, 1.4.3). */
export async function measureContrasts(page: Page): Promise<number[]> {
  return page.evaluate<number[]>(`(() => {
    const luminance = (color) => {
      const [r, g, b] = color.match(/[\\d.]+/g).map((part) => {
        const share = Number(part) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const backOf = (element) => {
      const color = getComputedStyle(element).backgroundColor;
      return color === 'rgba(0, 0, 0, 0)' ? backOf(element.parentElement) : color;
    };
    const tags = 'h1, h2, h3, h4, p, a, dt, dd, code, th, td, li, button, label, .severity, .remark, .swatch';
    return [...document.querySelectorAll(tags)]
      .filter((element) => element.textContent !== '')
      .map((element) => [luminance(getComputedStyle(element).color), luminance(backOf(element))])
      .map(([a, b]) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  })()`);
}

/** Measures how wide the page is, in pixels. */
export async function measureWidth(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth');
}
