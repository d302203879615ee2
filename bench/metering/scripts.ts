/** What the JavaScript engines run. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  fib: 'function f(n){return n<2?n:f(n-1)+f(n-2)} f(19)',
  sort: 'let a=[],s=1;for(let i=0;i<2000;i++){s=(s*1103515245+12345)&0x7fffffff;a.push(s)}a.sort((x,y)=>x-y);a[100]',
  JSON: 'let o={a:[],b:"x"};for(let i=0;i<200;i++)o.a.push({id:i,name:"item"+i,v:i/7});let n=0;for(let k=0;k<3;k++)n+=JSON.stringify(JSON.parse(JSON.stringify(o))).length;n',
  regex:
    'let t="the quick brown fox 123 jumps over 4567 lazy dogs ".repeat(40),n=0;for(let k=0;k<3;k++)n+=t.match(/[a-z]+\\s+\\d+/g).length+t.replace(/(\\w+) (\\w+)/g,"$2 $1").length;n',
};

export interface Workload {
  readonly name: string;
  readonly plain: () => unknown;
  readonly metered: () => unknown;
}
