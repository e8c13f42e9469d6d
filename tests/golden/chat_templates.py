#!/usr/bin/env python3
"""Writes tests/golden/text/chat.json: what transformers makes of conversations under templates of the known families.

    pip install transformers jinja2 && python3 tests/golden/chat_templates.py

The templates are short ones in the manner of each family. Every row: [name of the template, messages, prompt, text or null
where the template refuses].
"""
import json
import pathlib

from transformers.utils.chat_template_utils import render_jinja_template

FOLDER = pathlib.Path(__file__).resolve().parent / "text"
CHATML = ("{% for message in messages %}%s{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
          "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
DEFAULT = ("{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}"
           "{% endif %}")
ALTERNATE = "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
SPLIT = ("{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}"
         "{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}")


def turns(user, assistant, system=None, before="", after="", loop="messages", check=""):
    refuse = "{{ raise_exception('no such role') }}"
    return (before + "{% for message in " + loop + " %}" + check + "{% if message['role'] == 'user' %}" + user +
            "{% elif message['role'] == 'assistant' %}" + assistant + "{% elif message['role'] == 'system' %}" +
            (system or refuse) + "{% endif %}{% endfor %}" + after)


def tagged(tag, end, prompt, **more):
    one = "{{ " + tag + " + message['content'] + " + end + " }}"
    return turns(one % "user", one % "assistant", one % "system",
                 after="{% if add_generation_prompt %}{{ " + prompt + " }}{% endif %}", **more)


LLAMA3_TURN = ("'<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>'")
TEMPLATES = {
    "chatml": CHATML.replace("%s", ""),
    "chatml with a default": CHATML.replace("%s", DEFAULT),
    "chatml, trimmed": CHATML.replace("%s", "").replace("message['content']", "message['content'] | trim"),
    "qwen-2.5": "{%- if messages[0]['role'] == 'system' %}\n    {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}\n"
                "{%- else %}\n    {{- '<|im_start|>system\\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\\n' }}\n"
                "{%- endif %}\n{%- for message in messages %}\n    {%- if message.role != \"system\" or not loop.first %}\n"
                "        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}\n    {%- endif %}\n{%- endfor %}\n"
                "{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n{%- endif %}\n",
    "qwen-3": "{%- for message in messages %}{%- if message.role != 'assistant' %}"
              "{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}{%- else %}"
              "{%- set content = message.content %}{%- set reasoning_content = '' %}{%- if '</think>' in message.content %}"
              "{%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}"
              "{%- set reasoning_content = message.content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}{%- endif %}"
              "{%- if loop.last %}{{- '<|im_start|>assistant\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}"
              "{%- else %}{{- '<|im_start|>assistant\\n' + content }}{%- endif %}{{- '<|im_end|>\\n' }}{%- endif %}{%- endfor %}"
              "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}",
    "phi-4": tagged("'<|im_start|>%s<|im_sep|>'", "'<|im_end|>'", "'<|im_start|>assistant<|im_sep|>'"),
    "llama-2": turns("{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}", "{{ ' ' + content.strip() + ' ' + eos_token }}",
                     before=SPLIT, loop="loop_messages", check=ALTERNATE + "{% if loop.index0 == 0 and system_message != false %}"
                     "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}"
                     "{% set content = message['content'] %}{% endif %}"),
    "mistral": turns("{{ '[INST] ' + message['content'] + ' [/INST]' }}", "{{ message['content'] + eos_token }}", before="{{ bos_token }}",
                     check=ALTERNATE),
    "mistral-v1": turns("{% if loop.first and system_message != false %}{{ \" [INST] \" + system_message + \"\\n\\n\" + message[\"content\"] + \" [/INST]\" }}"
                        "{% else %}{{ \" [INST] \" + message[\"content\"] + \" [/INST]\" }}{% endif %}",
                        "{{ \" \" + message[\"content\"] + eos_token }}", before=SPLIT + "{{ bos_token }}", loop="loop_messages", check=ALTERNATE),
    "mistral-v3": turns("{% if tools %}{{ \"[AVAILABLE_TOOLS] \" }}{% endif %}{% if loop.last and system_message != false %}"
                        "{{ \"[INST] \" + system_message + \"\\n\\n\" + message[\"content\"] + \"[/INST]\" }}"
                        "{% else %}{{ \"[INST] \" + message[\"content\"] + \"[/INST]\" }}{% endif %}",
                        "{{ \" \" + message[\"content\"]|trim + eos_token }}", before=SPLIT + "{{ bos_token }}", loop="loop_messages", check=ALTERNATE),
    "mistral-v3-tekken": turns("{% if tools %}{{ \"[AVAILABLE_TOOLS]\" }}{% endif %}{% if loop.last and system_message != false %}"
                               "{{ \"[INST]\" + system_message + \"\\n\\n\" + message[\"content\"] + \"[/INST]\" }}"
                               "{% else %}{{ \"[INST]\" + message[\"content\"] + \"[/INST]\" }}{% endif %}",
                               "{{ message[\"content\"] + eos_token }}", before=SPLIT + "{{ bos_token }}", loop="loop_messages", check=ALTERNATE),
    "phi-3": turns("{{ '<|user|>\\n' + message['content'] + '<|end|>\\n' }}", "{{ '<|assistant|>\\n' + message['content'] + '<|end|>\\n' }}",
                                 "{{ '<|system|>\\n' + message['content'] + '<|end|>\\n' }}",
                                 after="{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}"),
    "phi-3-first": turns("{{'<|user|>' + '\\n' + message['content'] + '<|end|>' + '\\n' + '<|assistant|>' + '\\n'}}",
                         "{{message['content'] + '<|end|>' + '\\n'}}", before="{{ bos_token }}"),
    "phi-4-mini": "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
                  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}",
    "zephyr": "{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\\n' + message['content'] + eos_token }}\n"
              "{% elif message['role'] == 'system' %}\n{{ '<|system|>\\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'assistant' %}\n"
              "{{ '<|assistant|>\\n'  + message['content'] + eos_token }}\n{% endif %}\n{% if loop.last and add_generation_prompt %}\n"
              "{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}",
    "stablelm-zephyr": tagged("'<|%s|>\\n'", "'<|endoftext|>\\n'", "'<|assistant|>\\n'"),
    "olmo-2": turns("{{ '<|user|>\\n' + message['content'] + '\\n' }}", "{% if not loop.last %}{{ '<|assistant|>\\n'  + message['content'] + eos_token + '\\n' }}"
                    "{% else %}{{ '<|assistant|>\\n'  + message['content'] + eos_token }}{% endif %}", "{{ '<|system|>\\n' + message['content'] + '\\n' }}",
                    before="{{ bos_token }}", after="{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"),
    "deepseek-2": turns("{{ 'User: ' + message['content'] + '\\n\\n' }}", "{{ 'Assistant: ' + message['content'] + eos_token }}",
                        "{{ message['content'] + '\\n\\n' }}", before="{{ bos_token }}", after="{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"),
    "gemma": "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
             "{% for message in messages %}" + ALTERNATE + "{% if message['role'] == 'assistant' %}{% set role = 'model' %}{% else %}"
             "{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}"
             "{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}",
    "gemma-3": "{{ bos_token }}{%- if messages[0]['role'] == 'system' -%}{%- set first_user_prefix = messages[0]['content'] + '\\n\\n' -%}"
               "{%- set loop_messages = messages[1:] -%}{%- else -%}{%- set first_user_prefix = '' -%}{%- set loop_messages = messages -%}{%- endif -%}"
               "{%- for message in loop_messages -%}" + ALTERNATE + "{%- if message['role'] == 'assistant' -%}{%- set role = 'model' -%}{%- else -%}"
               "{%- set role = message['role'] -%}{%- endif -%}{{ '<start_of_turn>' + role + '\\n' + (first_user_prefix if loop.first else '') }}"
               "{{ message['content'] | trim }}{{ '<end_of_turn>\\n' }}{%- endfor -%}{%- if add_generation_prompt -%}{{ '<start_of_turn>model\\n' }}{%- endif -%}",
    "llama-3": "{% for message in messages %}{% set content = " + LLAMA3_TURN + " %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}"
               "{% endif %}{{ content }}{% endfor %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}",
    "llama-3.1": "{{- bos_token }}{% set date_string = '26 Jul 2024' %}{% if messages[0]['role'] == 'system' %}{% set system_message = messages[0]['content']|trim %}"
                 "{% set messages = messages[1:] %}{% else %}{% set system_message = '' %}{% endif %}"
                 "{{ '<|start_header_id|>system<|end_header_id|>\\n\\nCutting Knowledge Date: December 2023\\nToday Date: ' + date_string + '\\n\\n' }}"
                 "{{ system_message }}{{ '<|eot_id|>' }}{% for message in messages %}{{ " + LLAMA3_TURN + " }}{% endfor %}"
                 "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}",
    "granite": tagged("'<|start_of_role|>%s<|end_of_role|>'", "'<|end_of_text|>\\n'", "'<|start_of_role|>assistant<|end_of_role|>'"),
    "command-r": turns("{{ '<|START_OF_TURN_TOKEN|><|USER_TOKEN|>' + message['content'].strip() + '<|END_OF_TURN_TOKEN|>' }}",
                       "{{ '<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>' + message['content'].strip() + '<|END_OF_TURN_TOKEN|>' }}",
                       before="{{ bos_token }}" + SPLIT + "{% if system_message != false %}{{ '<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>' + system_message + "
                       "'<|END_OF_TURN_TOKEN|>' }}{% endif %}", loop="loop_messages", check=ALTERNATE,
                       after="{% if add_generation_prompt %}{{ '<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>' }}{% endif %}"),
}
CONVERSATIONS = [[("user", "Hello")], [("system", "Be brief."), ("user", "Hi there")], [("user", " a "), ("assistant", " b "), ("user", " c\n")],
                 [("system", " sys "), ("user", " a "), ("assistant", " b "), ("user", " c")], [("user", "q"), ("assistant", "a")],
                 [("user", "q"), ("assistant", "<think>\nhm\n</think>\n\nr"), ("user", "s")], [("user", "a"), ("user", "b")], [("user", "é 🙂"), ("tool", "x")]]


def main():
    rows = []
    for family, template in TEMPLATES.items():
        for conversation in CONVERSATIONS:
            messages = [{"role": r, "content": c} for r, c in conversation]
            if conversation[-1][0] == "tool" and "message['role'] == 'user'" not in template:
                continue  # these write any role
            for prompt in (True, False):
                try:
                    text = render_jinja_template([messages], chat_template=template, add_generation_prompt=prompt, bos_token="<s>",
                                                 eos_token="</s>")[0][0]
                except Exception:
                    text = None
                if text is not None and conversation[-1][0] == "tool":
                    continue  # left out silently; refused here
                rows.append([family, conversation, prompt, text])
    lines = ",\n".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in rows)
    templates = ",\n".join(f"{json.dumps(k)}:{json.dumps(v)}" for k, v in TEMPLATES.items())
    (FOLDER / "chat.json").write_text(f'{{"templates":{{\n{templates}\n}},"rows":[\n{lines}\n]}}\n')
    print(len(rows), "rows")


if __name__ == "__main__":
    main()
