import torch, omnivlm
from pathlib import Path
from omnivlm.checkpoint import write_checkpoint
from omnivlm.training.recipe import read_recipe
from omnivlm.training.starting import first_weights
R=Path("model/omnivlm/recipes/omnivlm-tiny.toml")
r=read_recipe(R); m,tok=first_weights(r,R.parent)
b=omnivlm.load("model/omnivlm/weights/omnivlm-tiny").model
m.vision_model.load_state_dict({k:v.float() for k,v in b.vision_model.state_dict().items()})
out=Path("trials/run2/tower/model"); out.parent.mkdir(parents=True,exist_ok=True)
l=m.language_model.model.layers[0].self_attn; print(torch.equal(l.q_proj.weight,l.k_proj.weight))
write_checkpoint(out, r.config, dict(m.named_parameters()), origin="tower of the earlier run", tokenizer=tok)
