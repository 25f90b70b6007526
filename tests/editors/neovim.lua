-- Opens a file, applies the fix of its finding, saves it; prints what the user sees on the way, as JSON.
local python, path, asks = _G.arg[1], _G.arg[2], _G.arg[3] == "pull"
local seen = {}

local function await(what, reached)
  if not vim.wait(30000, reached, 20) then
    seen.failed = what
    seen.messages = vim.fn.execute("messages")
    io.write(vim.json.encode(seen))
    os.exit(1)
  end
end

local function shown()
  return vim.tbl_map(function(each)
    return string.format("%d:%d %s %s", each.lnum + 1, each.col + 1, vim.diagnostic.severity[each.severity], each.code)
  end, vim.diagnostic.get(0))
end

local config = { cmd = { python, "-m", "memlint", "server" }, filetypes = { "python" }, root_markers = { "pyproject.toml" } }
if asks then
  -- What Neovim 0.11 lacks to be asked: the request of the server to ask again.
  config.capabilities = { workspace = { diagnostics = { refreshSupport = true } } }
  config.handlers = {
    ["workspace/diagnostic/refresh"] = function()
      seen.refreshed = true
      return vim.NIL
    end,
  }
end
vim.lsp.config("memlint", config)
vim.lsp.enable("memlint")
vim.cmd.edit(path)
vim.bo.filetype = "python"

await("a finding", function() return #shown() > 0 end)
seen.found = shown()
seen.asks = vim.lsp.get_clients()[1].server_capabilities.diagnosticProvider ~= nil
seen.encoding = vim.lsp.get_clients()[1].offset_encoding

vim.api.nvim_win_set_cursor(0, { vim.diagnostic.get(0)[1].lnum + 1, 0 })
local before = vim.b.changedtick
vim.lsp.buf.code_action({
  filter = function(action) return action.title:find("(ML201", 1, true) ~= nil end,
  apply = true,
})
await("the fix", function() return vim.b.changedtick ~= before end)
await("no finding", function() return #shown() == 0 end)
vim.cmd.write()
if asks then
  await("the request to ask again", function() return seen.refreshed end)
end
seen.left = #shown()
io.write(vim.json.encode(seen))
vim.cmd("qa!")
