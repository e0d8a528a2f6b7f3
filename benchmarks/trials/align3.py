"""align.py IN.pt|state OUT.pt PICS STEPS"""
import sys,time,torch,random,numpy as np
from torch import nn
from pathlib import Path
from safetensors.torch import load_file
from omnivlm.presets import OMNIVLM_TINY as c
from omnivlm.training.starting import stage_weights
from omnivlm.training.features import FeatureStore
from omnivlm.training.drawn import DrawnConversations, TOLD
from omnivlm.training.diagram_lessons import DiagramLessons
from omnivlm.training.drawn_labels import inked
from omnivlm.data.scene import Scene
from omnivlm.data.canvas import WRITTEN
from omnivlm.seen import Features
torch.set_num_threads(2); torch.manual_seed(0)
src,out,N,steps=sys.argv[1],sys.argv[2],int(sys.argv[3]),int(sys.argv[4])
m,tok=stage_weights(Path("trials/run/tower/model"),c)
own=dict(m.named_parameters())
for k,v in (load_file(src).items() if src!="new" else ()):
    if k.startswith("weight/") and k[7:] in own: own[k[7:]].data.copy_(v)
E=m.language_model.model.embed_tokens.weight.detach()
print("E norm",E.norm(dim=1).mean())
store=FeatureStore(m,Path("trials/run/features"),20_000_000_000)
G=27
def words_of(desc,img):
    ws=[[set() for _ in range(3)] for _ in range(G)]
    cells=[[[] for _ in range(3)] for _ in range(G)]
    def put(r,col,text):
        if text in ws[r][col]: return
        ws[r][col].add(text)
        cells[r][col]+= [i for i in tok.encode([" "+text]) if tok.decode([i]).strip()]
    if isinstance(desc,Scene):
        ink=inked(desc,np.asarray(img))
        for n,t in enumerate(desc.things,1):
            rows=np.bincount(np.nonzero(ink==n)[0]//14,minlength=G)
            for r in np.nonzero(rows>=60)[0]:
                put(r,t.column,t.kind); put(r,t.column,t.colour)
    wr=img.info.get(WRITTEN,()); cur=[]
    def flush():
        if not cur: return
        text="".join(w.character for w in cur)
        l=min(w.box_px[0] for w in cur); r=max(w.box_px[2] for w in cur); t=cur[0].box_px[1]; b=cur[0].box_px[3]
        mid=(l+r)/2/img.width*3; col=min(2,max(0,int(mid)))
        cols={col}|{min(2,max(0,int(x/img.width*3))) for x in (l+4,r-4)}
        y=(t+b)/2/img.height*G; row=min(G-1,max(0,int(y)))
        for cc in cols: put(row,cc,text)
        cur.clear()
    last=None
    for w in wr:
        if w.character==" " or (last is not None and (abs(w.box_px[0]-last.box_px[2])>3 or w.box_px[1]!=last.box_px[1])): flush()
        if w.character!=" ": cur.append(w)
        last=w
    flush()
    return [cells[r][k] for r in range(G) for k in range(3)]
scenes=DrawnConversations("train",2,10**6,None,TOLD); lessons=DiagramLessons("train",2,12600//2*1)
DESC=[];feats=[];targs=[];ids=[]
t0=time.time()
def add(pic,key):
    desc=getattr(pic,"__self__",None) or pic.args[0]
    img=pic(); x=store.features(lambda: img,key); w=words_of(desc,img)
    DESC.append(desc); feats.append(x.clone()); ids.append(w)
i=0; j=0
while len(feats)<N:
    cv=scenes[i]; i+=1
    for p,k in zip(cv.pictures,cv.image_keys):
        add(p,k)
    for _ in range(1):
        cv=DiagramLessons("train",2,10**6,easy_first=False)[j]; j+=1; add(cv.pictures[0],cv.image_keys[0])
print(len(feats),"pictures",time.time()-t0)
T=torch.zeros(len(ids),81,192)
for a,w in enumerate(ids):
    for b,l in enumerate(w):
        if l: T[a,b]=E[l].sum(0)

for t in range(81):
    r,cc=t//3//9,t%3
    name=(("top","middle","bottom")[r],("left","centre","right")[cc])
    if r==1 and cc==1: name=("centre",)
    for w in name: T[:,t]+=0.5*E[tok.encode([" "+w])[0]]
pad=tok.special["<|image_pad|>"]; T+=0.1*E[pad]; print("pad norm",E[pad].norm())
X=torch.stack([f.float().view(27,3,9,128).reshape(81,1152) for f in feats]).reshape(-1,1152)
mu=X.mean(0); A=X-mu; Y=T.reshape(-1,192); C=A.T@A/len(A); lam,V=torch.linalg.eigh(C); eps=1e-3
Wh=(V/(lam.clamp(min=0)+eps).sqrt())@V.T; Z=A@Wh; del A
full=torch.tensor([any(l) for w in ids for l in [w[b] for b in range(81)]]) if False else torch.tensor([bool(w[b]) for w in ids for b in range(81)])
on=full.nonzero().squeeze(1); off=(~full).nonzero().squeeze(1); nh=int(len(feats)*.97)*81
on_t,off_t=on[on<nh],off[off<nh]; on_v=on[on>=nh]
print("tokens with words",len(on),"of",len(full), "eig", lam[[0,100,500,1000,1151]])
net=nn.Sequential(nn.Linear(1152,512),nn.GELU(),nn.Linear(512,192))
opt=torch.optim.AdamW(net.parameters(),lr=2e-3,weight_decay=.01); t0=time.time()
for s in range(steps):
    for g in opt.param_groups: g["lr"]=2e-3*min(1,(s+1)/50)*(1-s/steps)
    b=torch.cat([on_t[torch.randint(len(on_t),(768,))],off_t[torch.randint(len(off_t),(256,))]])
    loss=((net(Z[b])-Y[b])**2).sum(1).mean(); opt.zero_grad(); loss.backward(); opt.step()
    if (s+1)%300==0:
        with torch.no_grad(): v=((net(Z[on_v])-Y[on_v])**2).sum(1).mean().item()
        print(s+1,"train %.3f val(on) %.3f of %.3f"%(loss.item(),v,(Y[on_v]**2).sum(1).mean()),f"{time.time()-t0:.0f}s",flush=True)
with torch.no_grad():
    l1,l2=m.projector.linear_1,m.projector.linear_2
    l1.weight.copy_(net[0].weight@Wh); l1.bias.copy_(net[0].bias-l1.weight@mu); l2.weight.copy_(net[2].weight); l2.bias.copy_(net[2].bias)
    y=torch.cat([q.tokens for q in m.seen(Features(torch.stack(feats[-100:]).float()))]).view(-1,81,192)
    KEY=[('scene' if isinstance(d,Scene) else type(d).__name__) for d in DESC][-100:]; r={}
    for k in sorted(set(KEY)):
        ix=[i for i in range(100) if KEY[i]==k]; tt=T[-100:][ix]; r[k]=round(float(1-((y[ix]-tt)**2).sum()/(tt**2).sum()),2)
    print("val",r)
torch.save(m.state_dict(),out)
