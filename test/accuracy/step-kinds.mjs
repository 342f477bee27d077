export const ACQUIRE = 0;
export const TRY = 1;
export const RELEASE = 2;
export const FORK = 3;
export const JOIN = 4;
