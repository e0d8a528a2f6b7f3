"""tr.py OUT START(weights dir|new|ckpt.pt) STEPS LR spec... ; spec: name:count_per_step"""
import sys,time,re,torch,random,os,math
from collections import defaultdict
from torch import nn
from pathlib import Path
import omnivlm
from omnivlm.presets import OMNIVLM_TINY
from omnivlm.initialise import untrained
from omnivlm.checkpoint import filled
from omnivlm.model import on_meta
from omnivlm.tokenizer import tiny_tokenizer
from omnivlm.training.template import Template
from omnivlm.training.merged import IGNORED
from omnivlm.training.answers_job import answer_logits
from omnivlm.training.features import FeatureStore
from datasets_w import make
out,start,steps,lr,sched=sys.argv[1],sys.argv[2],int(sys.argv[3]),float(sys.argv[4]),sys.argv[5]
specs=[a.split(":") for a in sys.argv[6:]]
threads=int(os.environ.get("TH","2")); torch.set_num_threads(threads); torch.manual_seed(0)
from dataclasses import replace
c=replace(OMNIVLM_TINY,text=replace(OMNIVLM_TINY.text,rope_theta=float(os.environ.get('THETA','1e4'))))
tens=untrained(c,0,torch.float32)
model=filled(on_meta(c),tens,torch.device("cpu"))
bund=omnivlm.load("model/omnivlm/weights/omnivlm-tiny").model
model.vision_model.load_state_dict({k:v.float() for k,v in bund.vision_model.state_dict().items()})
if start!="new": model.load_state_dict(torch.load(start))
tok=tiny_tokenizer(c.text.vocab_size); T=Template(c,tok)
store=FeatureStore(model,Path("trials/features"),20_000_000_000)
on=[k.startswith(("language_model.",) if os.environ.get("FZ") else ("language_model.","compressor.","projector.")) for k,_ in model.named_parameters()]
P=[]
for (k,p),o in zip(model.named_parameters(),on):
    p.requires_grad_(o)
    if o:P.append(p)
opt=torch.optim.AdamW(P,lr=lr,weight_decay=.01,betas=(.9,.999))
sets=[(n,make(n),int(k)) for n,k in specs]
cat_rx=[("sawhere","^Say where each of"),("saythere","^Say of each"),("saycolour","^Say which colour"),("saycount","^Say how many"),("deats","^Say what eats"),("deaten","^Say what each eats"),("dcosts","^Say what each costs"),("dwhose","^Say what costs|^Say whose"),("dvalue","^Say each value"),("dletters","^Say the letters"),("dwhere","^Say where each is"),("dwhat","^Say what is where"),("letter",r"Answer with the option"),("where",r"^Where is"),("at",r"^What is at"),("eats",r"^What (eats|does)"),("num",r"^Number"),("caption",r"^(Describe|What is in the)"),("many",r"^How many in"),("val",r"\?$")]
def cat(name,prompt):
    for n,r in cat_rx:
        if re.search(r,prompt): return name+"/"+n
    return name+"/other"
pos={n:int(os.environ.get("POS","0")) for n,_,_ in sets}
acc=defaultdict(lambda:[0,0,0.0,0]); t0=time.time()
LET={tok.encode([f" {l}"])[0]:l for l in "ABCDE"}
for s in range(steps):
    f=min(1,(s+1)/40)
    if sched=="cos": f*=0.5*(1+math.cos(math.pi*s/steps))
    for g in opt.param_groups: g["lr"]=lr*f
    opt.zero_grad(); items=[]
    for n,d,k in sets:
        for _ in range(k):
            cv=d[pos[n]]; pos[n]+=1
            items.append((n,cv,T.merged(cv.turns,len(cv.pictures),1024)))
    W=sum(int((m.targets!=IGNORED).sum()) for _,_,m in items)
    # group text-only together
    groups=[]; texts=[it for it in items if not it[1].pictures]
    for i in range(0,len(texts),16): groups.append(texts[i:i+16])
    pics=[it for it in items if it[1].pictures]; GS=int(os.environ.get('GS','1')); groups+=[pics[i:i+GS] for i in range(0,len(pics),GS)]
    for g in groups:
        pairs=[(m,tuple(store.features(p,k) for p,k in zip(cv.pictures,cv.image_keys))) for _,cv,m in g]
        logits,targets=answer_logits(model,T.image_pad,pairs)
        ce=nn.functional.cross_entropy(logits.float(),targets,reduction="none")
        (ce.sum()/W).backward()
        with torch.no_grad():
            ok=(logits.argmax(-1)==targets); at=0
            for n,cv,m in g:
                seg=m.segments[m.targets!=IGNORED]
                for q in range(1,int(m.segments.max())+1):
                    idx=(seg==q).nonzero().squeeze(1)+at
                    if len(idx)==0: continue
                    turn=cv.turns[q-1]; a=acc[cat(n,turn.prompt)]
                    if turn.learned is not None:
                        a[0]+=int(ok[idx].sum()); a[1]+=len(idx); a[2]+=ce[idx].sum().item(); a[3]+=len(idx); continue
                    body=idx[4:-1] if len(idx)>5 else idx
                    if "The answer is" in turn.answer:
                        b=acc[cat(n,turn.prompt).replace("letter","name")]; nm=body[:-5]
                        b[0]+=int(ok[nm].all()); b[1]+=1; b[2]+=ce[nm].sum().item(); b[3]+=len(nm)
                        body=body[-2:-1]
                    a[0]+=int(ok[body].all()); a[1]+=1; a[2]+=ce[body].sum().item(); a[3]+=len(body)
                at+=len(seg)
    nn.utils.clip_grad_norm_(P,1.0); opt.step()
    if (s+1)%25==0:
        print(s+1,f"{time.time()-t0:.0f}s"," ".join(f"{k}={v[0]/v[1]:.2f}({v[2]/max(v[3],1):.2f})" for k,v in sorted(acc.items()) if v[1]),flush=True)
        acc.clear()
    if (s+1)%100==0 or s+1==steps: torch.save(model.state_dict(),out)
