import sys,time,random,torch,os
from dataclasses import replace
from torch import nn
from omnivlm.presets import OMNIVLM_TINY as c0
from omnivlm.initialise import untrained
from omnivlm.checkpoint import filled
from omnivlm.model import on_meta
from omnivlm.tokenizer import tiny_tokenizer
import argparse
ap=argparse.ArgumentParser()
for k,d in dict(theta=1e4,lr=1e-3,B=32,steps=300,tie=1.0,pad=1.0,place=1.0,heads=3,layers=4,grid=9,lists=2,wd=.01,emb=1.0,words=28,ww=1.0,fill=0,noise=0.0).items(): ap.add_argument("--"+k,type=type(d),default=d)
a=ap.parse_args(); print(vars(a))
torch.set_num_threads(1); torch.manual_seed(0); random.seed(0)
c=replace(c0,text=replace(c0.text,rope_theta=a.theta,num_attention_heads=a.heads,num_key_value_heads=a.heads,num_hidden_layers=a.layers))
model=filled(on_meta(c),untrained(c,0,torch.float32),torch.device("cpu")); tok=tiny_tokenizer(c.text.vocab_size)
lm=model.language_model
with torch.no_grad():
    for l in lm.model.layers:
        if a.tie: l.self_attn.k_proj.weight.copy_(l.self_attn.q_proj.weight); l.self_attn.k_proj.weight.mul_(a.tie); l.self_attn.q_proj.weight.mul_(a.tie)
    lm.model.embed_tokens.weight.mul_(a.emb)
words=open('model/omnivlm/tiny/words.txt').read().split()
W=[tok.encode([" "+w])[0] for w in words][100:100+a.words]
R=[tok.encode([" "+w])[0] for w in ("top","middle","bottom")]; C=[tok.encode([" "+w])[0] for w in ("left","centre","right")]
comma=tok.encode([","])[0]; pad=tok.special["<|image_pad|>"]
P=list(lm.parameters())
for p in P: p.requires_grad_(True)
opt=torch.optim.AdamW(P,lr=a.lr,weight_decay=a.wd,betas=(.9,.98))
S=a.grid*9 if a.grid>1 else 9   # slots
def batch():
    B=a.B; ws=[random.sample(W,6) for _ in range(B)]; cells=[random.sample(range(9),6) for _ in range(B)]
    V=[]; text=[];tg=[];kind=[]
    slots=81
    mult=torch.zeros(B,slots,dtype=torch.long)-1
    for b in range(B):
        for w,cell in zip(ws[b],cells[b]):
            r,cc=divmod(cell,3); row=r*9+random.randint(5,6); mult[b,row*3+cc]=w
        ids=[300+z for z in range(a.fill)];t=[-100]*a.fill;k=[-1]*a.fill
        for _ in range(a.lists):
            q=list(range(6)); random.shuffle(q)
            for i in q:
                r,cc=divmod(cells[b][i],3); ids+=[ws[b][i],R[r],C[cc],comma]; t+=[R[r],C[cc],-100,-100]; k+=[0,0,-1,-1]
            random.shuffle(q)
            for i in q:
                r,cc=divmod(cells[b][i],3); ids+=[R[r],C[cc],ws[b][i],comma]; t+=[-100,ws[b][i],-100,-100]; k+=[-1,1,-1,-1]
        text.append(ids);tg.append(t);kind.append(k)
    return mult,torch.tensor(text),torch.tensor(tg),torch.tensor(kind)
rr=torch.tensor([R[i//3//9] for i in range(81)]); ccs=torch.tensor([C[i%3] for i in range(81)])
t0=time.time();h=[]
for s in range(a.steps):
    for g in opt.param_groups: g["lr"]=a.lr*min(1,(s+1)/30)
    mult,ids,tg,kd=batch(); E=lm.model.embed_tokens
    v=torch.where((mult>=0)[...,None],a.ww*E(mult.clamp(min=0)),torch.zeros(())) + a.place*(E(rr)+E(ccs))[None]+a.pad*E(torch.tensor(pad))
    v=v+a.noise*torch.randn_like(v)/192**.5
    x=torch.cat([v,E(ids)],1)
    hid=lm.model(inputs_embeds=x,use_cache=False).last_hidden_state[:,81:]
    k=tg!=-100; lo=lm.lm_head(hid[k]); t=tg[k]; kk=kd[k]
    ce=nn.functional.cross_entropy(lo,t,reduction="none"); loss=ce.mean()
    opt.zero_grad(); loss.backward(); nn.utils.clip_grad_norm_(P,1.0); opt.step()
    ok=(lo.argmax(-1)==t).float()
    h.append([ok[kk==0].mean().item(),ce[kk==0].mean().item(),ok[kk==1].mean().item(),ce[kk==1].mean().item()])
    if (s+1)%50==0: x=h[-50:]; print(s+1,"where %.2f(%.2f) what %.2f(%.2f)"%tuple(sum(y)/50 for y in zip(*x)),f"{time.time()-t0:.0f}s",flush=True)
